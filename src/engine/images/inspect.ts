import type { ImageInspect } from '../../apitypes/index.ts'
import type { ContainerDefaults, Platform } from '../../oci/index.ts'
import { never } from '../container.ts'
import type { EngineContext } from '../context.ts'
import { familiar } from './familiar.ts'
import { pickImage } from './pick.ts'

export async function inspectImage(
  context: EngineContext,
  name: string,
  { platform }: { readonly platform?: Platform },
): Promise<ImageInspect> {
  const record = await pickImage(context, name, platform)
  const { tags, digests } = context.images.summary(record.id)
  const config = await context.images.config(record.id)
  return {
    Id: record.id,
    RepoTags: familiar(tags),
    RepoDigests: familiar(digests),
    Parent: record.parent ?? '',
    Comment: config.comment ?? config.history?.at(-1)?.comment ?? '',
    ...(config.created ? { Created: config.created } : {}),
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    Architecture: config.architecture,
    ...(config.variant ? { Variant: config.variant } : {}),
    Os: config.os,
    ...(config['os.version'] ? { OsVersion: config['os.version'] } : {}),
    Size: record.size,
    GraphDriver: { Data: null, Name: context.layers.name },
    RootFS: { Type: 'layers', Layers: record.layers.map(layer => layer.diffID) },
    Metadata: { LastTagTime: record.lastTagged ?? never },
    Config: shown(config.config ?? {}),
  }
}

/**
 * A config as dockerd shows it: what the image specification and Docker's own format have for images, not what only
 * containers have; members and the keys of maps in the order of their names; a map with nothing in it as none.
 */
function shown(config: ContainerDefaults): object {
  const { Hostname: _h, Domainname: _d, StopTimeout: _t, ...rest } = config
  const members = Object.entries({ ...configDefaults, ...rest })
  return inOrder(members.map(([name, value]) => [name, maps.has(name) ? map(Object(value ?? {})) : value]))
}

const maps: ReadonlySet<string> = new Set(['ExposedPorts', 'Volumes', 'Labels', 'Healthcheck'])

function map(value: object): object | null {
  const entries = Object.entries(value)
  return entries.length === 0 ? null : inOrder(entries)
}

function inOrder(entries: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** What dockerd shows in a config where the image says nothing. */
const configDefaults = {
  User: '',
  Env: null,
  Cmd: null,
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
}
