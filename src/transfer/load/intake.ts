import {
  type ByteString,
  cleanName,
  HEAD_BYTES,
  looksLike,
  type TarEntryHead,
  TarScanner,
  throughEnd,
} from '../../archive/index.ts'
import { type Bytes, release, StrataError, throwIfAborted } from '../../std/index.ts'
import { type Files, type LinkEntry, leadsOut, namesFrom } from './files.ts'
import type { LayerIntake } from './layer-intake.ts'

/** The most bytes of one document: that of Docker's largest configs, with room. */
const DOCUMENT_LIMIT = 8 << 20
/** The most bytes of all documents, each entry's name and some more counted with them. */
const HELD_LIMIT = 64 << 20
const ENTRY_COST = 200

/** The entry that the latest header began. */
interface Current {
  readonly path: string
  readonly size: number
  left: number
  /** Until it is known what it is: the first bytes. */
  head: Buffer[] | undefined
  headBytes: number
  take: (bytes: Uint8Array) => void
  end: () => void
}

/**
 * Takes an uncompressed archive in, once and in order. Layers go to `layers` as they pass; what else is small is held,
 * and what is neither is put aside when it may be a blob. Reads no faster than layers are taken. Takes the chunks over.
 * @throws {StrataError} `invalid_argument` for what is no archive of images: not a tar, cut off, names that lead out of it,
 *   too many documents.
 */
export async function takeIn(
  archive: Bytes,
  options: { readonly layers: LayerIntake; readonly signal: AbortSignal },
): Promise<Files> {
  const intake = new Intake(options.layers)
  const scanner = new TarScanner({ onEntry: head => intake.begin(head), onData: bytes => intake.data(bytes) })
  for await (const chunk of throughEnd(archive, scanner)) {
    throwIfAborted(options.signal)
    scanner.push(chunk)
    release(chunk)
    await options.layers.room()
  }
  scanner.finish()
  return intake.files
}

class Intake {
  readonly files: Files = new Map()
  readonly #layers: LayerIntake
  #held = 0
  #current: Current | undefined

  constructor(layers: LayerIntake) {
    this.#layers = layers
  }

  begin(head: TarEntryHead): void {
    const path = pathOf(head.name)
    this.#hold(ENTRY_COST + path.length + head.linkname.length)
    this.#current = undefined
    switch (head.type) {
      case 'file':
        if (head.sparse) throw new StrataError('invalid_argument', `sparse file ${JSON.stringify(path)} in the archive`)
        this.#file(path, head.dataSize)
        break
      case 'directory':
        this.files.set(path, { kind: 'folder' })
        break
      case 'symlink':
      case 'link':
        this.files.set(path, linkOf(path, head))
        break
    }
  }

  data(bytes: Uint8Array): void {
    const current = this.#current
    if (!current) return
    current.left -= bytes.byteLength
    if (current.head) this.#look(current, bytes)
    else current.take(bytes)
    if (current.left > 0) return
    if (current.head) this.#decide(current)
    current.end()
  }

  #file(path: string, size: number): void {
    const none = () => {}
    this.#current = { path, size, left: size, head: [], headBytes: 0, take: none, end: none }
    if (size === 0) this.files.set(path, { kind: 'document', bytes: Buffer.alloc(0) })
  }

  #look(current: Current, bytes: Uint8Array): void {
    current.head!.push(Buffer.from(bytes))
    current.headBytes += bytes.byteLength
    if (current.headBytes >= HEAD_BYTES) this.#decide(current)
  }

  /** Its first bytes are there, or all: says what it is. */
  #decide(current: Current): void {
    const { path, size } = current
    const head = Buffer.concat(current.head!)
    current.head = undefined
    const seen = looksLike(head)
    if (seen) {
      const { feed, layer } = this.#layers.begin({ path, size, compression: seen.tar })
      this.files.set(path, { kind: 'layer', layer })
      current.take = bytes => feed.push(bytes)
      current.end = () => feed.end()
    } else if (size <= DOCUMENT_LIMIT) {
      this.#hold(size)
      const bytes = Buffer.alloc(size)
      let filled = 0
      current.take = chunk => {
        bytes.set(chunk, filled)
        filled += chunk.byteLength
      }
      this.files.set(path, { kind: 'document', bytes })
    } else {
      this.files.set(path, { kind: 'unknown' })
      const feed = this.#layers.beginOther({ path, size })
      if (feed) {
        current.take = bytes => feed.push(bytes)
        current.end = () => feed.end()
      }
    }
    current.take(head)
  }

  #hold(bytes: number): void {
    this.#held += bytes
    if (this.#held <= HELD_LIMIT) return
    throw new StrataError(
      'invalid_argument',
      `the archive has more than ${HELD_LIMIT} bytes of documents and names of entries`,
    )
  }
}

/** Where an entry lies. Throws for a name that leads out of the archive. */
function pathOf(name: ByteString): string {
  if (name.split('/').includes('..') && leadsOut(name)) {
    throw new StrataError('invalid_argument', `invalid entry name ${JSON.stringify(name)}`)
  }
  return namesFrom(cleanName(name))
}

function linkOf(path: string, { type, linkname }: TarEntryHead): LinkEntry {
  if (type === 'link') return { kind: 'link', target: namesFrom(cleanName(linkname)) }
  // Relative to the folder that it lies in; what leads out of the archive stays at its root.
  const folder = linkname.startsWith('/') ? '' : path.slice(0, path.lastIndexOf('/') + 1)
  return { kind: 'link', target: namesFrom(cleanName(`${folder}${linkname}` as ByteString)) }
}
