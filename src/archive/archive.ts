/**
 * Streaming tar and compression. Nothing here holds an archive in memory, and nothing a layer carries is lost on the
 * way: binary xattrs, device numbers, sparse maps, nanoseconds, names that are not UTF-8.
 *
 * Names and link targets are *byte strings*: JavaScript strings of which each character is one byte (latin1), so that
 * they compare bytewise, serve as map keys and survive any encoding. `Buffer.from(s, 'latin1')` gives the bytes.
 *
 * Formats read: ustar, PAX (POSIX.1-2001), GNU (long names, base-256 numbers, old sparse), v7; PAX sparse 0.0, 0.1, 1.0.
 */
import type { Bytes } from '../std/index.ts'

declare const brand: unique symbol
/** A string of which each character is one byte. */
export type ByteString = string & { readonly [brand]: 'ByteString' }

export type TarEntryType = 'file' | 'link' | 'symlink' | 'char' | 'block' | 'directory' | 'fifo'

/** Seconds since the epoch (may be negative) and nanoseconds within the second, 0 to 999,999,999. */
export interface Timestamp {
  readonly seconds: number
  readonly nanoseconds: number
}

/** One run of data of a sparse file: `offset` and `size` in the file; runs follow each other in the stored data. */
export interface SparseRun {
  readonly offset: number
  readonly size: number
}

/** What the header (and the extension headers before it) say of one entry. */
export interface TarHeader {
  /** As stored; not cleaned: may be absolute, contain `..`, or end in `/`. */
  readonly name: ByteString
  readonly type: TarEntryType
  /** Target of a `link` (a name in the archive) or a `symlink` (any text). */
  readonly linkname: ByteString
  /** Permission bits including setuid, setgid and sticky (0 to 0o7777). */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly uname: ByteString
  readonly gname: ByteString
  /** Bytes of the file as a program reads it; 0 for all other types. */
  readonly size: number
  readonly mtime: Timestamp
  readonly atime?: Timestamp
  readonly ctime?: Timestamp
  /** Device numbers of `char` and `block`. */
  readonly devmajor: number
  readonly devminor: number
  /** Full xattr name (`security.capability`) -> value, from `SCHILY.xattr.*` (and `LIBARCHIVE.xattr.*`). */
  readonly xattrs: ReadonlyMap<ByteString, Uint8Array>
  /** Present for sparse files: the runs that are stored, in order; everything else is zeros. */
  readonly sparse?: readonly SparseRun[]
}

/** A header with where its data lie in the (uncompressed) archive. */
export interface TarEntryHead extends TarHeader {
  /** Offset in the archive of the first byte of stored data (after a sparse 1.0 map, which is part of `sparse`). */
  readonly dataOffset: number
  /** Bytes of stored data; differs from `size` only for sparse files. */
  readonly dataSize: number
}

/** An entry of a streamed archive. `data` is the stored data; unread data are skipped when the next entry is asked for. */
export interface TarEntry extends TarEntryHead {
  readonly data: Bytes
}

export type Compression = 'none' | 'gzip' | 'zstd' | 'xz' | 'bzip2'
