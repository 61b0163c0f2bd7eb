import type { Volume as ApiVolume, Filters, VolumeCreateRequest, VolumeList } from '../apitypes/index.ts'
import { StrataError } from '../std/index.ts'
import type { Volume } from '../volumes/index.ts'
import type { EngineContext } from './context.ts'
import { boolFilter, exactTest, labelTest, patternTest } from './filter-values.ts'
import { newId } from './random-name.ts'
import { dropVolume, ensureVolume, usersOf } from './volume-use.ts'

/** All volumes that pass the filters `dangling`, `driver`, `label` and `name`. */
export function listVolumes(context: EngineContext, filters: Filters): VolumeList {
  const dangling = boolFilter(filters, 'dangling')
  const named = patternTest(filters, 'name')
  const labelled = labelTest(filters)
  const driven = exactTest(filters, 'driver')
  const found = context.volumes
    .list()
    .filter(({ name, labels }) => named(name) && labelled(labels) && driven('local'))
    .filter(({ name }) => dangling === undefined || (usersOf(context, name).length === 0) === dangling)
  return { Volumes: found.map(apiVolume), Warnings: null }
}

export function inspectVolume(context: EngineContext, name: string): ApiVolume {
  return apiVolume(findVolume(context, name))
}

/** Makes a volume unless there is one of this name. */
export async function createVolume(context: EngineContext, request: VolumeCreateRequest): Promise<ApiVolume> {
  const name = request.Name || newId()
  if (request.Driver !== '' && request.Driver !== 'local') {
    const text = `create ${name}: error looking up volume plugin ${request.Driver}: plugin "${request.Driver}" not found`
    throw new StrataError('not_found', text)
  }
  const volume = await ensureVolume(context, name, {
    anonymous: request.Name === '',
    labels: request.Labels,
    options: request.DriverOpts,
  })
  // Nobody but the user has it, and so it stays.
  context.volumes.claim(name)
  return apiVolume(volume)
}

/** Removes a volume that no container has. With `force`, one that is not there is no error. */
export async function removeVolume(
  context: EngineContext,
  name: string,
  { force }: { readonly force: boolean },
): Promise<void> {
  if (force && !context.volumes.get(name)) return
  findVolume(context, name)
  const users = usersOf(context, name)
  if (users.length > 0) {
    const ids = users.map(user => user.id).join(', ')
    throw new StrataError('conflict', `remove ${name}: volume is in use - [${ids}]`)
  }
  await dropVolume(context, name)
}

function findVolume(context: EngineContext, name: string): Volume {
  const volume = context.volumes.get(name)
  if (!volume) throw new StrataError('not_found', `${name === '' ? 'get' : `get ${name}`}: no such volume`)
  return volume
}

/** A volume as the API shows it. */
export function apiVolume({ name, path, createdAt, labels, options }: Volume): ApiVolume {
  return {
    CreatedAt: createdAt.replace(/\.\d+Z$/, 'Z'),
    Driver: 'local',
    Labels: labels,
    Mountpoint: path,
    Name: name,
    Options: options,
    Scope: 'local',
  }
}
