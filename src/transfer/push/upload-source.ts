import type { CompressedArchive, Compressor } from '../../archive/index.ts'
import type { ContentStore } from '../../content/index.ts'
import { backgroundSha256 } from '../../host/index.ts'
import type { LayerDriver } from '../../layers/index.ts'
import { type Descriptor, type DiffID, type Digest, digestOfHex, mediaTypes, verified } from '../../oci/index.ts'
import type { Fetcher } from '../../remotes/index.ts'
import { type Bytes, madeAhead, tap } from '../../std/index.ts'
import { missingBytes } from '../download.ts'

/** The bytes of a blob that goes up. None of them are kept: what is needed once more is made or fetched once more. */
export interface UploadSource {
  readonly mediaType: string
  /** All of them. Call once. */
  bytes(): Bytes
  /** A part of what `bytes` gave already. */
  again(from: number, to: number): Bytes
  /** What they were; settles with the end of `bytes`, at the latest. */
  readonly result: Promise<Pick<Descriptor, 'digest' | 'size'>>
}

interface SourceOptions {
  /** Told how much of the source has been read. */
  readonly progress: (current: number, total: number) => void
  readonly signal: AbortSignal
}

/** A layer that is compressed on its way. */
export async function compressedLayer(
  layer: DiffID,
  options: SourceOptions & { readonly layers: LayerDriver; readonly compressor: Compressor },
): Promise<UploadSource> {
  const { layers, compressor } = options
  const { tarSize } = await layers.info(layer)
  let first = true
  const open = () => {
    const tar = tarOf(layers, layer)
    // What is made once more is no progress.
    const read = first ? counted(tar, tarSize, options) : tar
    first = false
    return read
  }
  const archive: CompressedArchive = compressor.compress(open)
  const mediaType = compressor.compression === 'gzip' ? mediaTypes.dockerLayerGzip : mediaTypes.ociLayerZstd
  return { mediaType, again: archive.again, ...digesting(archive.bytes()) }
}

/** A layer as it is. */
export async function plainLayer(
  layer: DiffID,
  options: SourceOptions & { readonly layers: LayerDriver },
): Promise<UploadSource> {
  const { layers } = options
  const { tarSize } = await layers.info(layer)
  return {
    mediaType: mediaTypes.ociLayer,
    bytes: () => counted(tarOf(layers, layer), tarSize, options),
    again: (from, to) => part(tarOf(layers, layer), from, to),
    result: Promise.resolve({ digest: layer as string as Digest, size: tarSize }),
  }
}

/** A blob that is in the content store. */
export function keptBlob(
  descriptor: Descriptor,
  options: SourceOptions & { readonly content: ContentStore },
): UploadSource {
  const { content } = options
  async function* read(offset: number, length?: number): AsyncGenerator<Uint8Array> {
    await using blob = await content.open(descriptor.digest, { offset, ...(length !== undefined && { length }) })
    yield* blob.bytes()
  }
  return {
    mediaType: descriptor.mediaType,
    bytes: () => counted(read(0), descriptor.size, options),
    again: (from, to) => read(from, to - from),
    result: Promise.resolve(descriptor),
  }
}

/** Attempts in a row to get more of a blob from the registry that has it. */
const RELAY_ATTEMPTS = 2

/**
 * A blob that another repository has, verified as it flows through. Opens it first: throws what that registry says.
 * Failures of its bytes are told to `failed` before they fail the source.
 */
export async function relayedBlob(
  descriptor: Descriptor,
  options: SourceOptions & {
    readonly fetcher: Fetcher
    readonly second: number
    readonly failed: (error: unknown) => void
  },
): Promise<UploadSource> {
  const { fetcher, signal, second, failed } = options
  let opened: Bytes | undefined = await fetcher.blob(descriptor, 0)
  const blob = async (wanted: Descriptor, offset: number) => {
    const first = offset === 0 ? opened : undefined
    opened = undefined
    return first ?? (await fetcher.blob(wanted, offset))
  }
  let offset = 0
  const writer = {
    get offset() {
      return offset
    },
    async write(chunk: Uint8Array) {
      offset += chunk.byteLength
    },
  }
  const retrying = () => {}
  const download = { descriptor, fetcher: { blob }, writer, attempts: RELAY_ATTEMPTS, second, retrying, signal }
  const input = counted(missingBytes(download), descriptor.size, options)
  return {
    mediaType: descriptor.mediaType,
    bytes: () => told(verified(input, descriptor, backgroundSha256()), failed),
    again: (from, to) => told(again(from, to), failed),
    result: Promise.resolve(descriptor),
  }

  async function* again(from: number, to: number): AsyncGenerator<Uint8Array> {
    yield* part(await fetcher.blob(descriptor, from), 0, to - from)
  }
}

/** `input`, and what it was; the digest of a chunk is reckoned in the background, while the one before it is sent. */
function digesting(input: Bytes): Pick<UploadSource, 'bytes' | 'result'> {
  const { promise, resolve, reject } = Promise.withResolvers<Pick<Descriptor, 'digest' | 'size'>>()
  promise.catch(() => {
    // The reader sees it as well.
  })
  async function* digested(): AsyncGenerator<Uint8Array> {
    const hash = backgroundSha256()
    let size = 0
    try {
      for await (const chunk of input) {
        await hash.update(chunk)
        size += chunk.byteLength
        yield chunk
      }
      resolve({ digest: digestOfHex(hash.digest('hex')), size })
    } catch (error) {
      reject(error)
      throw error
    }
  }
  return { bytes: () => madeAhead(digested()), result: promise }
}

async function* tarOf(layers: LayerDriver, layer: DiffID): AsyncGenerator<Uint8Array> {
  await using tar = await layers.open(layer)
  yield* tar.bytes()
}

function counted(bytes: Bytes, total: number, { progress }: SourceOptions): AsyncGenerator<Uint8Array> {
  let current = 0
  return tap(bytes, chunk => {
    current += chunk.byteLength
    progress(current, total)
  })
}

/** The bytes from `from` up to `to`. */
async function* part(bytes: Bytes, from: number, to: number): AsyncGenerator<Uint8Array> {
  let at = 0
  for await (const chunk of bytes) {
    const wanted = chunk.subarray(Math.max(0, from - at), Math.max(0, to - at))
    at += chunk.byteLength
    if (wanted.byteLength > 0) yield wanted
    if (at >= to) return
  }
}

async function* told(bytes: Bytes, failed: (error: unknown) => void): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (error) {
    failed(error)
    throw error
  }
}
