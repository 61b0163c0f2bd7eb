import type { ImageInspect } from '../../apitypes/index.ts'
import { type ImageRecord, manifestsOf } from '../../images/index.ts'
import { type ContainerDefaults, hostPlatform, type Platform } from '../../oci/index.ts'
import { parseReference } from '../../reference/index.ts'
import { never } from '../container.ts'
import type { EngineContext } from '../context.ts'
import { familiar } from './familiar.ts'
import { type HoldingName, heldUnder, isHolding, summariesOfHeld } from './held.ts'
import { pickImage } from './pick.ts'

export async function inspectImage(
  context: EngineContext,
  name: string,
  { platform, manifests = false }: { readonly platform?: Platform; readonly manifests?: boolean },
): Promise<ImageInspect> {
  const record = await pickImage(context, name, platform)
  const held = holdingOf(context, name)
  const { tags, digests } = context.images.summary(held?.image ?? record.id)
  const described = held && (platform ? await descriptorOf(context, held, record) : held.target)
  const config = await context.images.config(record.id)
  return {
    Id: record.id,
    RepoTags: familiar(tags),
    RepoDigests: familiar(digests),
    Parent: record.parent ?? '',
    Comment: config.comment ?? config.history?.at(-1)?.comment ?? '',
    ...(config.created ? { Created: config.created } : {}),
    Container: config.container ?? '',
    ContainerConfig: config.container_config ?? {},
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    Architecture: config.architecture,
    ...(config.variant ? { Variant: config.variant } : {}),
    Os: config.os || hostPlatform().os,
    ...(config['os.version'] ? { OsVersion: config['os.version'] } : {}),
    Size: record.size,
    GraphDriver: { Data: null, Name: context.layers.name },
    RootFS: { Type: 'layers', ...(record.layers.length > 0 && { Layers: record.layers.map(({ diffID }) => diffID) }) },
    Metadata: { LastTagTime: record.lastTagged ?? never },
    ...(described && { Descriptor: described }),
    ...(manifests && held && { Manifests: await summariesOfHeld(context, held) }),
    Config: shown(config.config ?? {}),
  }
}

/** What the name holds that `text` is; of an ID, what the first of the image's names holds. */
function holdingOf(context: EngineContext, text: string): HoldingName | undefined {
  const { record, name } = context.images.resolve(text)
  if (name === undefined) return heldUnder(context, context.images.summary(record.id))[0]
  const points = context.images.name(parseReference(name))
  return points && isHolding(points) ? points : undefined
}

/** The manifest of an image, as the index describes it. */
async function descriptorOf(context: EngineContext, { target, held }: HoldingName, { id }: ImageRecord) {
  const its = held.manifests.find(({ image }) => image === id)
  return (await manifestsOf(context.content, target)).find(({ descriptor }) => descriptor.digest === its?.digest)
    ?.descriptor
}

/**
 * A config as dockerd shows it: what the image specification and Docker's own format have for images, not what only
 * containers have; what says nothing left out, or null; members and the keys of maps in the order of their names.
 */
function shown(config: ContainerDefaults): object {
  const { Hostname: _h, Domainname: _d, StopTimeout: _t, ...rest } = config
  const said = Object.entries(rest).filter(([, value]) => !isNothing(value))
  const members = Object.entries({ ...configDefaults, ...Object.fromEntries(said) })
  return inOrder(members.map(([name, value]) => [name, isMap(value) ? inOrder(Object.entries(value)) : value]))
}

function isNothing(value: unknown): boolean {
  return !value || (typeof value === 'object' && Object.keys(value).length === 0)
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
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
