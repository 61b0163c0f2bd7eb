import type { ContainerConfig } from '../../apitypes/index.ts'
import { changeConfig } from '../../build/index.ts'
import { type ImageRecord, openPassingLease, type PassingLease } from '../../images/index.ts'
import { type ContainerDefaults, hostPlatform, type ImageConfig } from '../../oci/index.ts'
import { familiarString } from '../../reference/index.ts'
import { StrataError } from '../../std/index.ts'
import type { Container } from '../container.ts'
import { type EngineContext, publish, publishContainer } from '../context.ts'
import { now } from '../create.ts'
import { initFiles } from '../init-files.ts'
import { mergeDefaults } from '../merge-config.ts'
import { whilePaused } from '../pause.ts'
import { type NewImage, recordImage } from './new-image.ts'
import { publishTag } from './tag.ts'
import { newReference, type TargetName } from './target-reference.ts'

export interface CommitRequest {
  /** As typed. */
  readonly container: string
  /** An image without a name when `repo` is empty. */
  readonly target: TargetName
  readonly author: string
  readonly comment: string
  /** Whether the container stands still meanwhile. */
  readonly pause: boolean
  /** Lines of a Dockerfile. */
  readonly changes: readonly string[]
  /** What containers of the image run, instead of what this one does; its gaps are filled by this one. */
  readonly config?: ContainerConfig
  readonly signal: AbortSignal
}

/** Makes an image of a container's changes. Returns its ID. */
export async function commitContainer(
  context: EngineContext,
  request: CommitRequest,
): Promise<{ readonly Id: string }> {
  const reference = newReference(request.target)
  if (request.container === '') throw new StrataError('invalid_argument', 'invalid name or ID supplied: ""')
  const container = context.containers.find(request.container)
  const { state, config } = container.record
  if (state.status === 'dead' || state.status === 'removing') {
    const what = state.status === 'dead' ? 'Dead' : 'being removed'
    throw new StrataError('conflict', `You cannot commit container ${container.id} which is ${what}`)
  }
  const changed = changeConfig((request.config ?? config) as ContainerDefaults, request.changes)
  const merged = mergeDefaults({ ...config, ...changed } as ContainerConfig, config as ContainerDefaults)
  const signal = AbortSignal.any([request.signal, context.closing.signal])
  // One at a time: the first to end lets the container go on.
  using _commit = await context.locks.acquire(`commit of ${container.id}`, signal)
  const work = async () => {
    using lease = openPassingLease(context.leases, 'commit')
    const { parent, parentConfig } = await parentOf(context, container, lease)
    const layer = await context.layers.commit(container.id, {
      placeholders: initFiles,
      keep: lease.addLayers,
      limit: context.config.maxLayerSize,
      signal,
    })
    const image = imageOf(container, { parent, parentConfig, layer, config: merged, request })
    const record = await recordImage(context, lease, { ...image, ...(reference && { reference }) })
    const { id, labels } = record
    publish(context, 'image', 'create', id, { ...labels, name: id })
    if (reference) publishTag(context, record, reference)
    publishContainer(context, container, 'commit', {
      comment: request.comment,
      imageID: id,
      imageRef: reference ? familiarString(reference) : '',
    })
    return { Id: id }
  }
  const patiently = () => context.collector.makingRoom(work, { repeatable: true })
  return await (request.pause ? whilePaused(context, container, patiently) : patiently())
}

interface Parent {
  readonly parent: ImageRecord
  readonly parentConfig: ImageConfig
}

/** The image that the container was made of, kept. Throws `not_found` when it was removed under the container. */
async function parentOf(context: EngineContext, container: Container, lease: PassingLease): Promise<Parent> {
  const { image, layers } = container.record
  await lease.addLayers(...layers)
  const parent = context.images.get(image)
  if (!parent) throw new StrataError('not_found', `No such image: ${image}`)
  return { parent, parentConfig: await context.images.config(image) }
}

function imageOf(
  container: Container,
  made: Parent & {
    readonly layer: Awaited<ReturnType<EngineContext['layers']['commit']>>
    readonly config: ContainerConfig
    readonly request: CommitRequest
  },
): NewImage {
  const { parent, parentConfig, layer, config, request } = made
  const { author, comment } = request
  const created = now()
  const isEmpty = layer.entries === 0
  const { config: containerConfig } = container.record
  const host = hostPlatform()
  const { architecture, variant, os } = parentConfig
  return {
    platform: {
      os: os || host.os,
      architecture: architecture || host.architecture,
      ...(variant && { variant }),
      ...(parentConfig['os.version'] && { 'os.version': parentConfig['os.version'] }),
      ...(parentConfig['os.features'] && { 'os.features': parentConfig['os.features'] }),
    },
    created,
    author,
    config: config as ContainerDefaults,
    history: [
      ...(parentConfig.history ?? []),
      {
        created,
        created_by: (containerConfig.Cmd ?? []).join(' '),
        ...(author && { author }),
        ...(comment && { comment }),
        ...(isEmpty && { empty_layer: true }),
      },
    ],
    layers: isEmpty ? parent.layers : [...parent.layers, { diffID: layer.diffID, size: layer.size }],
    parent: parent.id,
    extra: { container: container.id, container_config: containerConfig },
  }
}
