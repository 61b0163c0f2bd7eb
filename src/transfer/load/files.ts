import { type ByteString, cleanName } from '../../archive/index.ts'
import type { LayerInfo } from '../../layers/index.ts'
import type { Digest } from '../../oci/index.ts'
import { StrataError } from '../../std/index.ts'

/** What an archive holds, by cleaned name. */
export type Files = Map<string, Entry>

export type Entry = FileEntry | LinkEntry | FolderEntry

export interface LinkEntry {
  readonly kind: 'link'
  /** Cleaned name. */
  readonly target: string
}

/** A folder that has an entry of its own; others are there by what lies in them. */
export interface FolderEntry {
  readonly kind: 'folder'
}

export type FileEntry =
  | { readonly kind: 'document'; readonly bytes: Uint8Array }
  | { readonly kind: 'layer'; readonly layer: ArrivedLayer }
  /** Neither a layer nor small enough for a document: put aside, if at all. */
  | { readonly kind: 'unknown' }

/** A file that looks like a layer. */
export interface ArrivedLayer {
  /** What became of it; rejects when it is no layer. */
  readonly info: Promise<LayerInfo>
  /** The digest of the file, when it was verified and the file is compressed. */
  readonly digest?: Digest
}

/** Links that are followed before it is a loop. */
const MOST_LINKS = 40

export function namesFrom(components: readonly ByteString[]): string {
  return components.join('/')
}

/** Whether a path goes out of the archive on its way. */
export function leadsOut(path: string): boolean {
  let depth = 0
  for (const component of path.split('/')) {
    if (component === '..') depth--
    else if (component !== '' && component !== '.') depth++
    if (depth < 0) return true
  }
  return false
}

/** The file at `path` of the archive, through links of it, none of which leads out; undefined when there is none. */
export function findFile(files: Files, path: string): FileEntry | undefined {
  let components = cleanName(path as ByteString)
  for (let links = 0; links <= MOST_LINKS; links++) {
    const at = components.findIndex((_, position) => {
      return files.get(namesFrom(components.slice(0, position + 1)))?.kind === 'link'
    })
    if (at < 0) {
      const entry = files.get(namesFrom(components))
      return entry?.kind === 'link' || entry?.kind === 'folder' ? undefined : entry
    }
    const link = files.get(namesFrom(components.slice(0, at + 1))) as LinkEntry
    components = [...cleanName(link.target as ByteString), ...components.slice(at + 1)]
  }
  return undefined
}

/** The bytes of a document. Throws `invalid_argument`, for a missing one in Docker's words. */
export function documentAt(files: Files, path: string): Uint8Array {
  const found = findFile(files, path)
  if (!found) throw missing(path)
  if (found.kind === 'document') return found.bytes
  throw new StrataError('invalid_argument', `${path} in the archive is not a document`)
}

export function missing(path: string): StrataError {
  return new StrataError('invalid_argument', `open ${path}: no such file or directory`)
}
