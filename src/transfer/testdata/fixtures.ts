import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createCompressor } from '../../archive/index.ts'
import { openContentStore } from '../../content/index.ts'
import { createImageStore, createLayerSources, createLeaseStore } from '../../images/index.ts'
import { createLayerDriver, type LayerDriver } from '../../layers/index.ts'
import { openMetadata } from '../../metadata/index.ts'
import { asDiffID, type Descriptor, type Digest, type DiffID, type Platform } from '../../oci/index.ts'
import type { Reference } from '../../reference/index.ts'
import { createResolver, type ResolverOptions } from '../../remotes/index.ts'
import { digestOf, MANIFEST, TestRegistry } from '../../remotes/testdata/registry.ts'
import { silentLogger } from '../../std/index.ts'
import { createImagePusher, createPuller, type ProgressEvent, type PullerOptions, type PullOptions, type PushOptions } from '../index.ts'

export { digestOf, MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../remotes/testdata/registry.ts'

export async function newRegistry(t: TestContext): Promise<TestRegistry> {
  const registry = await new TestRegistry().start()
  t.after(() => registry.stop())
  return registry
}

/** Bytes that don't compress, the same for the same seed. */
export function noise(size: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(size)
  let state = seed * 2_654_435_761 + 1
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

/** A tar of one file. */
export function tarOf(name: string, data: Buffer): Buffer {
  const header = Buffer.alloc(512)
  header.write(name)
  header.write('0000644\0' + '0000000\0' + '0000000\0', 100)
  header.write(`${data.byteLength.toString(8).padStart(11, '0')}\0` + '00000000000\0' + '        0', 124)
  header.write('ustar\u000000', 257)
  let sum = 0
  for (const byte of header) sum += byte
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, data, Buffer.alloc((512 - (data.byteLength % 512)) % 512), Buffer.alloc(1024)])
}

export const gzip = (bytes: Buffer): Buffer => gzipSync(bytes, { level: 1 })

export function config(content: object): object {
  return { mediaType: 'application/vnd.docker.container.image.v1+json', digest: digestOf(JSON.stringify(content)), size: 2 }
}

export interface ImageChoices {
  readonly compress?: (tar: Buffer, position: number) => Buffer
  readonly platform?: Platform
  readonly diffIDs?: readonly string[]
  readonly sizes?: readonly number[]
  readonly configType?: string
  readonly extra?: object
}

/** Puts an image of these layer tars into a registry, tagged `latest`. */
export function image(registry: TestRegistry, repository: string, tars: readonly Buffer[], choices: ImageChoices = {}) {
  const { compress = gzip, platform = { os: 'linux', architecture: 'amd64' } } = choices
  const diffIDs: DiffID[] = tars.map(tar => asDiffID(digestOf(tar)))
  const layers: Descriptor[] = tars.map((tar, position) => ({
    mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    ...registry.blob(compress(tar, position)),
  }))
  const rootfs = { type: 'layers', diff_ids: choices.diffIDs ?? diffIDs }
  const json = JSON.stringify({ ...platform, config: {}, rootfs, ...choices.extra })
  const configDescriptor: Descriptor = {
    mediaType: choices.configType ?? 'application/vnd.docker.container.image.v1+json',
    ...registry.blob(Buffer.from(json)),
  }
  const manifest: Descriptor = registry.manifest(repository, 'latest', MANIFEST, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: configDescriptor,
    layers: layers.map((layer, position) => ({ ...layer, size: choices.sizes?.[position] ?? layer.size })),
  })
  return { manifest, config: configDescriptor, layers, diffIDs, none: {} }
}

export interface StoreChoices extends Partial<Pick<PullerOptions, 'limits' | 'keepCompressed' | 'platform'>> {
  /** How registries are reached. */
  readonly registries?: Partial<ResolverOptions>
  /** The folder of an earlier store to go on with. */
  readonly root?: string
  readonly wrap?: (layers: LayerDriver) => LayerDriver
}

/** Real stores on a temporary folder, and a puller over them; pauses are short. */
export async function newPuller(t: TestContext, choices: StoreChoices = {}) {
  const root = choices.root ?? (await mkdtemp(join(tmpdir(), 'strata-transfer-')))
  const metadata = openMetadata(join(root, 'metadata.db'))
  const content = await openContentStore(join(root, 'content'))
  const driver = await createLayerDriver({ root: join(root, 'layers'), name: 'erofs' })
  const layers = choices.wrap?.(driver) ?? driver
  const images = createImageStore({ metadata, content })
  const leases = createLeaseStore(metadata)
  const layerSources = createLayerSources(metadata)
  const resolver = createResolver({ userAgent: 'strata/test', retryPause: 1, idleTimeout: 10_000, ...choices.registries })
  let open = true
  const close = async () => {
    if (!open) return
    open = false
    await resolver[Symbol.asyncDispose]()
    await driver[Symbol.asyncDispose]()
    metadata[Symbol.dispose]()
  }
  t.after(async () => {
    await close()
    await rm(root, { recursive: true, force: true })
  })
  const puller = createPuller({
    content,
    layers,
    images,
    leases,
    layerSources,
    resolver,
    log: silentLogger,
    limits: { second: 1, ...choices.limits },
    ...(choices.platform && { platform: choices.platform }),
    ...(choices.keepCompressed !== undefined && { keepCompressed: choices.keepCompressed }),
  })
  const pusher = createImagePusher({
    content,
    layers,
    images,
    leases,
    layerSources,
    resolver,
    log: silentLogger,
    compressor: createCompressor({ compression: 'gzip', level: 1 }),
    limits: { second: 1 },
  })
  return { pusher, root, content, layers, images, leases, layerSources, resolver, puller, close }
}

export type Store = Awaited<ReturnType<typeof newPuller>>

/** Pulls `repository:latest`, or by digest, and collects the progress. */
export async function pulling(
  store: Pick<Store, 'puller'>,
  registry: TestRegistry,
  repository: string,
  options: Partial<PullOptions> & { readonly digest?: Digest } = {},
) {
  const events: ProgressEvent[] = []
  const { digest, ...rest } = options
  const reference = { domain: registry.host, path: repository, ...(digest && { digest }) }
  const result = await store.puller.pull(reference, {
    progress: event => void events.push(event),
    signal: new AbortController().signal,
    ...rest,
  })
  return { result, events }
}

/** Pushes `repository:latest` and collects the progress. */
export async function pushing(
  store: Pick<Store, 'pusher'>,
  reference: Reference,
  options: Partial<PushOptions> = {},
): Promise<ProgressEvent[]> {
  const events: ProgressEvent[] = []
  await store.pusher.push(reference, {
    progress: event => void events.push(event),
    signal: new AbortController().signal,
    ...options,
  })
  return events
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
