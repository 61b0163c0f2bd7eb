/**
 * Read-only layers and the file systems stacked from them.
 *
 * A *layer* is an uncompressed tar, addressed by its *diffID*. A *chain* is the ordered list of an image's diffIDs,
 * lowest first. A *writable* holds the changes of one container or build step on top of a chain. A *rootfs* is what a
 * process sees: chain and writable merged, mounted at a path.
 *
 * Life cycle: `ingest` (once a layer) -> `createWritable` -> `mount` -> `unmount` -> `removeWritable`; `remove` a layer
 * when no image needs it. Mounts outlive the engine process: `mount` of something that is mounted adopts it, and
 * `recover` after a restart clears away everything that nobody adopts. Storage drivers differ in how they keep a layer; all
 * pass `testsuite.ts`.
 *
 * Durability: `ingest` returns before the bytes are on the platter; the layer is marked *unsynced* until a background
 * sync. What is still unsynced after the machine (not only the engine) went down is verified against its diffID by
 * `recover`, and dropped when it differs.
 */
import type { ChainID, Descriptor, DiffID } from '../oci/index.ts'
import type { Blob, Bytes } from '../std/index.ts'

export interface LayerDriver extends AsyncDisposable {
  /** `erofs`, `overlay2`, `vfs`. */
  readonly name: string
  /** Whether layers may be ingested in any order and at once; when not, `parent` of {@link IngestOptions} must be there first. */
  readonly independent: boolean
  /** Key and value lines for `docker info` (`Backing Filesystem`, …). */
  readonly status: readonly (readonly [string, string])[]
  /** Puts an uncompressed tar in. Idempotent. Throws `failed_precondition` when the digest differs from `expect`, `invalid_argument` for a bad tar. */
  ingest(tar: Bytes, options: IngestOptions): Promise<LayerInfo>
  has(layer: DiffID): Promise<boolean>
  info(layer: DiffID): Promise<LayerInfo>
  walk(): AsyncIterable<LayerInfo>
  /** The exact tar, byte for byte. */
  open(layer: DiffID): Promise<Blob>
  /** Reads a layer's bytes again and compares them with its diffID; throws `internal` with what is wrong. */
  verify(layer: DiffID): Promise<void>
  /**
   * Drops a layer: it is gone at once, its bytes go in the background. Throws `conflict` while it is mounted or a writable
   * stands on it. Returns the bytes that the disk gets back.
   */
  remove(layer: DiffID): Promise<number>
  /** Resolves when the disk has back what was removed before. */
  settle(): Promise<void>

  createWritable(id: string, chain: readonly DiffID[]): Promise<void>
  hasWritable(id: string): Promise<boolean>
  writables(): AsyncIterable<{ readonly id: string; readonly chain: readonly DiffID[] }>
  /** Mounts (or adopts) the rootfs of a writable; the same id may be mounted several times, and is unmounted with the last `unmount`. */
  mount(id: string): Promise<Rootfs>
  unmount(id: string): Promise<void>
  /** Drops a writable and its changes. Unmounts it first when it is mounted. No error when there is none. */
  removeWritable(id: string): Promise<void>
  /** What the writable changed, as `docker diff` shows it, sorted by path. */
  changes(id: string, options?: ChangesOptions): AsyncIterable<Change>
  /**
   * Makes a layer of what the writable changed, mounted or not; the same changes make the same layer. What removes the
   * writable meanwhile waits. Throws `invalid_argument` for changes that no layer can hold, `unavailable` when the disk is
   * full.
   */
  commit(id: string, options: CommitOptions): Promise<LayerInfo>
  /**
   * A tar of all that the writable's rootfs shows: its layers and its changes together. Fails with `not_found` at the end
   * when the writable was removed meanwhile.
   */
  export(id: string, options: { readonly signal: AbortSignal }): AsyncIterable<Uint8Array>
  /** `withoutLinks`: absolute paths; symbolic links there are not counted. */
  usage(id: string, options?: { readonly withoutLinks?: readonly string[] }): Promise<Usage>
  /** Paths for `GraphDriver.Data` of `docker inspect`. */
  describe(id: string): Readonly<Record<string, string>>

  /**
   * What differs between what two chains show, sorted by path: from the layers' tars, of which only the headers are read,
   * and the data of files of one size that are of different layers. Throws `not_found` for a layer that isn't there.
   */
  compare(
    from: readonly DiffID[],
    to: readonly DiffID[],
    options: { readonly signal: AbortSignal },
  ): AsyncIterable<Difference>
  /** What each layer of a chain has, lowest first, and what of it those above hide. Throws as `compare`. */
  survey(chain: readonly DiffID[], options: SurveyOptions): Promise<readonly LayerSurvey[]>

  /** Call once after a start, before anything else: unmounts all that is not in `mounted`, finishes removals, verifies what was unsynced when the machine went down, also on a full disk. */
  recover(mounted: ReadonlySet<string>): Promise<RecoveryReport>
}

export interface IngestOptions {
  readonly expect?: DiffID
  /**
   * When the bytes are a compressed tar, what they must be: they are verified and decompressed on their way, on the same
   * thread, as far as digest and size are known. The compression is detected by magic number. Throws
   * `failed_precondition` with `details.expected`.
   */
  readonly compressed?: Partial<Pick<Descriptor, 'digest' | 'size'>>
  /** How many bytes come, when that is known before. */
  readonly size?: number
  /** Called with the layer before it is looked for or put in its place, when its bytes are all there: keeps it from being collected. */
  readonly keep?: (layer: DiffID) => Promise<void>
  /** The chain below, for drivers that are not independent. */
  readonly parent?: ChainID
  /** The most bytes the tar may have; one more throws `invalid_argument` (decompression bombs). */
  readonly limit?: number
  readonly signal: AbortSignal
  /** Told the running count of bytes taken in: of the tar, or of what it is compressed to. */
  readonly progress?: (bytes: number) => void
}

export interface ChangesOptions {
  /** What is no change of the writable's. */
  readonly placeholders: readonly Placeholder[]
  /** Whether all of them were made, so that one which is not there was removed. */
  readonly complete: boolean
}

export interface CommitOptions {
  /** What is no change of the writable's. */
  readonly placeholders: readonly Placeholder[]
  /** Called with the new layer before it is looked for or put in its place: keeps it from being collected. */
  readonly keep: (layer: DiffID) => Promise<void>
  /** The most bytes that the layer's tar may have; one more throws `invalid_argument`. */
  readonly limit?: number
  readonly signal: AbortSignal
}

/**
 * Something empty that whoever mounted a rootfs made in it for purposes of its own, with the folders on the way to it: as
 * root, with the mode 0755.
 * Where the writable's user put something into it, or the chain has something there, it is a change all the same.
 */
export interface Placeholder {
  /** Absolute path in the rootfs. */
  readonly path: string
  readonly kind: 'directory' | 'file' | 'symlink'
  /** Of a symlink. */
  readonly target?: string
}

export interface LayerInfo {
  readonly diffID: DiffID
  /** Bytes of the tar. */
  readonly tarSize: number
  /** Bytes of the regular files and link targets that are left of it, hard links once: what Docker shows as the layer's size. */
  readonly size: number
  /** Entries in it. */
  readonly entries: number
}

export interface Rootfs {
  readonly path: string
}

export type ChangeKind = 'modified' | 'added' | 'deleted'

export interface Change {
  /** Absolute path in the rootfs. */
  readonly path: string
  readonly kind: ChangeKind
}

export interface Usage {
  /** Bytes of regular files. */
  readonly size: number
  readonly inodes: number
}

export interface RecoveryReport {
  readonly unmounted: readonly string[]
  /** Layers dropped because their bytes did not survive. */
  readonly dropped: readonly DiffID[]
}

/** What of a file differs. `content`: the bytes of a file, the target of a link, the number of a device. */
export type Aspect = 'type' | 'content' | 'mode' | 'owner' | 'xattrs' | 'time'

/** One path at which two chains show different things. */
export interface Difference {
  /** Absolute. Bytes that are no UTF-8 are replaced. */
  readonly path: string
  /** Of a path that both show; none when it was added or removed. */
  readonly aspects: readonly Aspect[]
  /** What the first chain shows; absent when it was added. */
  readonly before?: ShownFile
  /** What the second chain shows; absent when it was removed. */
  readonly after?: ShownFile
  /** The layer that made the difference: the one that has the file, or that removed or changed it. */
  readonly by: LayerPlace
}

export interface ShownFile {
  readonly type: 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo'
  /** Permission bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes of a regular file or of the target of a link; 0 for all others. */
  readonly size: number
  readonly mtime: { readonly seconds: number; readonly nanoseconds: number }
  readonly layer: LayerPlace
  /** Absent when its chain shows one name of its inode only. */
  readonly linked?: HardLink
}

/** One of several names of an inode. */
export interface HardLink {
  /** All names of one inode have the same layer and the same number. */
  readonly inode: number
  /** How many names of the inode the chain shows. */
  readonly names: number
}

/** Where a layer stands. */
export interface LayerPlace {
  /** `both`: among the lowest layers, which the two chains have in common. */
  readonly chain: 'from' | 'to' | 'both'
  /** The lowest is 0. */
  readonly index: number
}

export interface SurveyOptions {
  /** How many of the largest hidden files are named. */
  readonly paths: number
  readonly signal: AbortSignal
}

export interface LayerSurvey {
  readonly diffID: DiffID
  /** Bytes of files and link targets, hard links once. */
  readonly size: number
  /** Names of what is no directory. */
  readonly files: number
  /** Names of the layers below that it removes, and directories of which it hides all that is below. */
  readonly removals: number
  /** Bytes that no container of the whole chain can see, since a layer above has other files there or removes them. */
  readonly hidden: number
  readonly hiddenFiles: number
  /** The largest files of it that are hidden. */
  readonly largest: readonly HiddenFile[]
}

export interface HiddenFile {
  readonly path: string
  readonly size: number
  /** The layer above that hides it; the lowest of the chain is 0. */
  readonly by: number
  readonly how: 'replaced' | 'removed'
}
