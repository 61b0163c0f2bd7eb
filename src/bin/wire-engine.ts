import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Compressor, createCompressor } from '../archive/index.ts'
import { openContentStore } from '../content/index.ts'
import { type EngineConfig, openEngine } from '../engine/index.ts'
import { cpuLevel, lockDataRoot, trimMemory } from '../host/index.ts'
import { createImageStore, createLayerSources, createLeaseStore } from '../images/index.ts'
import { createLayerDriver } from '../layers/index.ts'
import { openMetadata } from '../metadata/index.ts'
import { createBridgeDriver, createSandboxes } from '../network/index.ts'
import { hostPlatform, type Platform } from '../oci/index.ts'
import { createResolver, type Proxies } from '../remotes/index.ts'
import { createRuntime, defaultMaskedPaths, defaultReadonlyPaths } from '../runtime/index.ts'
import { type Logger, StrataError, whenStagesRest } from '../std/index.ts'
import { createImagePusher, createPuller } from '../transfer/index.ts'
import { createVolumeStore } from '../volumes/index.ts'
import { KNOWN_RUNTIMES } from './check-config.ts'
import type { DaemonConfig } from './daemon-config.ts'
import { version } from './version.ts'

/** Strata's own folder for certificates of registries, then Docker's. */
const CERTIFICATE_FOLDERS = ['/etc/strata/certs.d', '/etc/docker/certs.d']

/** Opens every room on its folder and hands them to the engine. Disposing closes them in reverse. */
export async function wireEngine(
  config: DaemonConfig,
  { log, proxies }: { readonly log: Logger; readonly proxies: Proxies },
) {
  await using stack = new AsyncDisposableStack()
  await mkdir(config.dataRoot, { recursive: true, mode: 0o710 })
  await mkdir(config.execRoot, { recursive: true, mode: 0o711 })
  stack.use(await lockDataRoot(config.dataRoot))
  // After the last transfer: an idle engine is small.
  whenStagesRest(() => void trimMemory())

  const metadata = stack.use(openMetadata(join(config.dataRoot, 'metadata.db')))
  const content = await openContentStore(join(config.dataRoot, 'content'))
  const layers = stack.use(
    await createLayerDriver({ root: join(config.dataRoot, 'layers'), log, ...driverName(config.storageDriver) }),
  )
  const images = createImageStore({ metadata, content, undo: config.imageUndoPeriod > 0 })
  const leases = createLeaseStore(metadata)
  const layerSources = createLayerSources(metadata)
  const resolver = stack.use(
    createResolver({
      userAgent: `strata/${version}`,
      insecureRegistries: config.insecureRegistries,
      mirrors: config.registryMirrors,
      registries: config.registries,
      certificateFolders: config.certsDir === undefined ? CERTIFICATE_FOLDERS : [config.certsDir],
      proxies,
      log,
    }),
  )
  const platform = await machinePlatform()
  const puller = createPuller({
    content,
    layers,
    images,
    leases,
    layerSources,
    resolver,
    log,
    platform,
    keepCompressed: config.keepCompressedLayers,
    limits: {
      maxLayerSize: config.maxLayerSize,
      maxConcurrentDownloads: config.maxConcurrentDownloads,
      maxDownloadAttempts: config.maxDownloadAttempts,
    },
  })
  const compressor = compressorOf(config)
  const pusher = createImagePusher({
    content,
    layers,
    images,
    leases,
    layerSources,
    resolver,
    log,
    ...(compressor && { compressor }),
    limits: {
      maxConcurrentUploads: config.maxConcurrentUploads,
      maxUploadAttempts: config.maxUploadAttempts,
    },
  })
  const runtimes = { ...KNOWN_RUNTIMES, ...config.runtimes }
  const runtime = createRuntime({
    execRoot: config.execRoot,
    shimPath: nativeProgram('strata-shim'),
    runtimes,
    defaultRuntime: config.defaultRuntime,
  })
  const sandboxes = createSandboxes({ root: join(config.execRoot, 'netns') })
  const instance = createHash('sha256').update(config.dataRoot).digest('hex')
  const bridge = createBridgeDriver({
    name: config.bridge,
    networkId: createHash('sha256').update(`${instance} ${config.bridge}`).digest('hex'),
    table: `strata_${config.bridge.replace(/[^a-zA-Z0-9_]/g, '_')}`,
    log,
    ...(config.bip ? { subnet: config.bip } : {}),
  })
  stack.defer(() => bridge.close())
  const volumes = createVolumeStore({ root: join(config.dataRoot, 'volumes'), metadata })

  const engineConfig: EngineConfig = {
    ...config,
    version,
    proxies,
    platform,
    bridgeName: config.bridge,
    initPath: nativeProgram('strata-init'),
    runtimes,
    maskedPaths: defaultMaskedPaths,
    readonlyPaths: defaultReadonlyPaths,
  }
  const parts = {
    config: engineConfig,
    log,
    metadata,
    content,
    layers,
    images,
    leases,
    layerSources,
    puller,
    pusher,
    resolver,
    runtime,
    sandboxes,
    bridge,
    volumes,
  }
  const engine = await openEngine(parts)
  const held = stack.move()
  return {
    engine,
    version,
    storageDriver: layers.name,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

/** What this machine runs, with the highest level of its processor. */
async function machinePlatform(): Promise<Platform> {
  const [platform, level] = [hostPlatform(), await cpuLevel()]
  return level === '' ? platform : { ...platform, variant: level }
}

/** What compresses the layers of pushes. */
function compressorOf({ pushCompression, pushCompressionLevel }: DaemonConfig): Compressor | undefined {
  switch (pushCompression) {
    case 'none':
      return undefined
    case 'gzip':
      return createCompressor({ compression: 'gzip', level: levelOf(pushCompressionLevel ?? 1, { least: 0, most: 3 }) })
    case 'zstd':
      return createCompressor({
        compression: 'zstd',
        level: levelOf(pushCompressionLevel ?? 3, { least: 1, most: 19 }),
      })
    default:
      throw new StrataError('invalid_argument', `unknown push-compression ${pushCompression}: use gzip, zstd or none`)
  }
}

function levelOf(level: number, { least, most }: { readonly least: number; readonly most: number }): number {
  if (level >= least && level <= most) return level
  throw new StrataError('invalid_argument', `push-compression-level ${level} is not from ${least} to ${most}`)
}

/** Path of a program that scripts/build-native made. */
function nativeProgram(name: string): string {
  return fileURLToPath(new URL(`../../native/build/${name}`, import.meta.url))
}

function driverName(name: string | undefined): { name?: 'erofs' | 'overlay2' | 'vfs' } {
  if (name === undefined) return {}
  if (name === 'erofs' || name === 'overlay2' || name === 'vfs') return { name }
  throw new StrataError(
    'invalid_argument',
    `unknown storage driver ${name}: use erofs, overlay2 or vfs, or none to have it chosen`,
  )
}
