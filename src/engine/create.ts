import { mkdir, rm } from 'node:fs/promises'
import type { ContainerCreateRequest, ContainerCreateResponse, HostConfig } from '../apitypes/index.ts'
import type { ImageRecord } from '../images/index.ts'
import {
  type ContainerDefaults,
  type DiffID,
  formatPlatform,
  matchesPlatform,
  type Platform,
  parsePlatform,
} from '../oci/index.ts'
import { machineLimits } from '../runtime/index.ts'
import { isStrataError, StrataError } from '../std/index.ts'
import { type ContainerRecord, never } from './container.ts'
import { type EngineContext, publishContainer } from './context.ts'
import { pickImage } from './images/pick.ts'
import { keptLinks } from './links.ts'
import { checkLog } from './log-options.ts'
import { mergeConfig } from './merge-config.ts'
import { resolveMounts } from './mounts.ts'
import { folderOf } from './network-setup.ts'
import { portBindings } from './ports.ts'
import { newId, randomName } from './random-name.ts'
import { adaptHostConfig } from './requests/adapt-host-config.ts'
import { checkEndpoints, networkAsked } from './requests/check-endpoints.ts'
import { checkRequest } from './requests/check-request.ts'
import { parseSecurityOptions } from './requests/security-options.ts'

const validName = /^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/

/** Checks a name as a user gave it and returns it without the slash. */
export function cleanContainerName(name: string): string {
  if (!validName.test(name)) {
    throw new StrataError(
      'invalid_argument',
      `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
    )
  }
  return name.replace(/^\//, '')
}

/** Makes a container of an image: checks everything that can be checked now, writes the record, starts nothing. */
export async function createContainer(
  context: EngineContext,
  request: ContainerCreateRequest,
  options: { readonly name: string; readonly platform?: string },
): Promise<ContainerCreateResponse> {
  const { HostConfig: _h, NetworkingConfig: _n, ...config } = request
  if (request.Image === '' && (request.Cmd ?? []).length + (request.Entrypoint ?? []).length === 0) {
    throw new StrataError('invalid_argument', 'no command specified')
  }
  const machine = await machineLimits()
  const checked = checkRequest(request, { machine, runtimes: context.config.runtimes })
  const warnings = [...checked.warnings]
  const macAddress = checkEndpoints(request)
  const adapted = adaptHostConfig(
    { ...checked.hostConfig, NetworkMode: networkAsked(request) },
    { machine, findId: name => idOf(context, name) },
  )
  requirePeers(context, adapted)
  const wanted = options.platform === undefined ? undefined : parsePlatform(options.platform)
  const image = await pickImage(context, request.Image, wanted)
  if (!wanted) warnings.push(...platformWarnings(image.platform, context.config.platform))

  const imageConfig = await context.images.config(image.id)
  const id = newId()
  const merged = mergeConfig(config, (imageConfig.config ?? {}) as ContainerDefaults, { id, hostConfig: adapted })
  if ((merged.Entrypoint ?? []).length + (merged.Cmd ?? []).length === 0) {
    throw new StrataError('invalid_argument', 'no command specified')
  }
  checkLog(adapted.LogConfig, context.config.logOpts)
  const wantedName = options.name === '' ? undefined : cleanContainerName(options.name)
  if (wantedName !== undefined) context.containers.requireFree(wantedName)
  parseSecurityOptions(adapted.SecurityOpt ?? [])
  refuseStorage(context, adapted)
  portBindings(merged, adapted)
  const hostConfig = { ...adapted, Links: adapted.Links && keptLinks(context, adapted.Links) }

  const layers = image.layers.map(layer => layer.diffID)
  const folder = folderOf(context, id)
  try {
    await mkdir(folder, { recursive: true, mode: 0o710 })
    const mounts = await resolveMounts(context, merged, hostConfig)
    await createWritable(context, id, { layers, image: request.Image })
    // From here to `add` nothing is waited for: a name that is made up now is free then.
    const name = wantedName ?? randomName(n => context.containers.named(n) !== undefined)
    const record = newRecord(id, {
      ...{ name, imageName: request.Image, image, layers, config: merged, hostConfig, mounts },
      ...(macAddress ? { macAddress } : {}),
    })
    // Another create may have taken the name meanwhile.
    const container = context.containers.add(record)
    for (const { anonymous, name: volume } of mounts) if (anonymous && volume) context.volumes.claim(volume)
    context.images.use(image.id)
    publishContainer(context, container, 'create')
  } catch (error) {
    await context.layers.removeWritable(id)
    await rm(folder, { recursive: true, force: true })
    throw error
  }
  return { Id: id, Warnings: warnings }
}

function idOf(context: EngineContext, name: string): string | undefined {
  try {
    return context.containers.find(name).id
  } catch (error) {
    if (isStrataError(error)) return undefined
    throw error
  }
}

/** The containers whose namespaces are wanted have to be there; that of the network is asked for by a start only. */
function requirePeers(context: EngineContext, { PidMode, IpcMode }: HostConfig): void {
  for (const mode of [PidMode, IpcMode]) {
    const [, name] = /^container:(.+)$/.exec(mode) ?? []
    if (name !== undefined && idOf(context, name) === undefined) {
      throw new StrataError('invalid_argument', `No such container: ${name}`)
    }
  }
}

/** What no storage and no volume here can do. */
function refuseStorage(context: EngineContext, { StorageOpt, VolumeDriver }: HostConfig): void {
  if (Object.keys(StorageOpt ?? {}).length > 0) {
    throw new StrataError('internal', `--storage-opt is not supported by the ${context.layers.name} storage driver`)
  }
  if (!['', 'local'].includes(VolumeDriver)) {
    const text = `error looking up volume plugin ${VolumeDriver}: plugin "${VolumeDriver}" not found`
    throw new StrataError('not_found', text)
  }
}

/** The image may be removed at this very moment: then it is as if it had never been there. */
async function createWritable(
  context: EngineContext,
  id: string,
  { layers, image }: { readonly layers: readonly DiffID[]; readonly image: string },
): Promise<void> {
  try {
    await context.layers.createWritable(id, layers)
  } catch (error) {
    if (!isStrataError(error, 'not_found')) throw error
    throw new StrataError('not_found', `No such image: ${image}`, { cause: error })
  }
}

function newRecord(
  id: string,
  made: Pick<ContainerRecord, 'name' | 'layers' | 'config' | 'hostConfig' | 'mounts' | 'macAddress'> & {
    readonly imageName: string
    readonly image: ImageRecord
  },
): ContainerRecord {
  const { image, ...rest } = made
  return {
    id,
    ...rest,
    created: now(),
    image: image.id,
    ...(image.manifest === undefined ? {} : { imageManifest: image.manifest }),
    platform: image.platform,
    state: {
      status: 'created',
      paused: false,
      restarting: false,
      oomKilled: false,
      pid: 0,
      exitCode: 0,
      error: '',
      startedAt: never,
      finishedAt: never,
    },
    restartCount: 0,
    manuallyStopped: false,
  }
}

/** Now, as Docker writes times: RFC 3339 in UTC with nanoseconds. */
export function now(): string {
  return timestamp(new Date())
}

export function timestamp(date: Date): string {
  return date
    .toISOString()
    .replace(/\.(\d{3})Z$/, '.$1000000Z')
    .replace(/0+Z$/, 'Z')
    .replace(/\.Z$/, 'Z')
}

function platformWarnings(has: Platform, host: Platform): string[] {
  if (matchesPlatform(host, has)) return []
  return [
    `The requested image's platform (${formatPlatform(has)}) does not match the detected host platform (${formatPlatform(host)}) and no specific platform was requested`,
  ]
}
