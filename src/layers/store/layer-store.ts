import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DiffID, parseDiffID } from '../../oci/index.ts'
import {
  type Blob,
  type Bytes,
  diskError,
  errnoOf,
  isStrataError,
  KeyedLock,
  type Logger,
  runStage,
  runStageHere,
  type StageOptions,
  StrataError,
  syncPath,
  tap,
  throwIfAborted,
} from '../../std/index.ts'
import { exceeds, measure } from '../changes/measure.ts'
import type { ChangedTree } from '../commit/changed-tree.ts'
import type { CommitOptions, IngestOptions, LayerInfo } from '../layers.ts'
import { openFile, readJSON } from './files.ts'
import type { LittleWork } from './little-work.ts'
import type { Paths } from './paths.ts'
import type { LayerStageArgs, LayerStageResult } from './stage-args.ts'
import type { Syncer } from './syncer.ts'
import { discard, type Trash } from './trash.ts'

/** What is a driver's own in how layers are made and kept. */
export interface LayerForm {
  /** Makes them: see {@link LayerStageArgs}. */
  readonly stage: URL
  /** Brings what the stage made in `directory` to the platter. */
  readonly sync: (directory: string) => Promise<void>
  readonly little: LittleWork
}

export interface LayerStoreOptions extends LayerForm {
  readonly paths: Paths
  readonly trash: Trash
  readonly syncer: Syncer
  /** Names this run of the machine. */
  readonly boot: string
  readonly log: Logger
}

/** What keeps a layer from being read again, and says nothing about its bytes. */
const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EACCES', 'EPERM'])

type MakeArgs = Omit<LayerStageArgs, 'directory'>

interface MakeOptions extends StageOptions {
  readonly keep?: CommitOptions['keep'] | undefined
  /** Whether it is little work. */
  readonly little: boolean
}

interface LayerRecord {
  readonly info: LayerInfo
  /** The run of the machine that it was written in. */
  readonly boot: unknown
}

/** The layers of a driver, each in a folder of its own: see {@link Paths}. */
export class LayerStore {
  readonly #options: LayerStoreOptions
  readonly #paths: Paths
  readonly #lock = new KeyedLock()
  /** Records that were read: layers come and go through this store only. */
  readonly #known = new Map<DiffID, LayerRecord>()
  /** Layers that are on their way to the trash: nobody finds them any more. */
  readonly #leaving = new Set<DiffID>()
  /** Layers of which it can't be known whether they are whole: nobody finds them. */
  readonly #unknown = new Set<DiffID>()
  /** How many layers ever left. */
  #left = 0

  constructor(options: LayerStoreOptions) {
    this.#options = options
    this.#paths = options.paths
  }

  async ingest(tar: Bytes, options: IngestOptions): Promise<LayerInfo> {
    const { expect, limit, signal, progress, compressed, size, keep } = options
    throwIfAborted(signal)
    const known = expect && (await this.find(expect))
    if (known) return known
    const input = progress ? counted(tar, progress) : tar
    const little = !compressed && size !== undefined && size <= this.#options.little.tar
    return this.#add({ mode: 'ingest', expect, limit, compressed }, { input, signal, keep, little })
  }

  /** Makes a layer of the changes in a tree. */
  async commit(changes: ChangedTree, options: Omit<CommitOptions, 'placeholders'>): Promise<LayerInfo> {
    const { limit, signal, keep } = options
    throwIfAborted(signal)
    const most = this.#options.little.changes
    const little = !exceeds(await measure(changes.folder, { enough: most }), most)
    return this.#add({ mode: 'commit', changes, limit }, { input: nothing(), signal, keep, little })
  }

  /** Has the stage make a layer, and puts it in its place. */
  async #add(args: MakeArgs, { little, keep, ...options }: MakeOptions): Promise<LayerInfo> {
    const directory = join(this.#paths.tmp, randomUUID())
    await mkdir(directory, { mode: 0o700 })
    try {
      const result = await this.#make({ ...args, directory }, options, little)
      await keep?.(result.diffID)
      return await this.#place(directory, result)
    } catch (error) {
      throw diskError(error)
    } finally {
      await discard(directory)
    }
  }

  #make(args: LayerStageArgs, options: StageOptions, little: boolean): Promise<LayerStageResult> {
    const { stage } = this.#options
    if (little) return runStageHere<LayerStageArgs, LayerStageResult>(stage, args, options)
    return runStage<LayerStageArgs, LayerStageResult>(stage, args, options).result
  }

  /** Puts a complete layer in its place, unless another was there first. */
  async #place(directory: string, result: LayerStageResult): Promise<LayerInfo> {
    using _held = await this.#lock.acquire(result.diffID)
    const known = await this.find(result.diffID)
    if (known) return known
    await writeFile(join(directory, 'info.json'), JSON.stringify({ ...result, boot: this.#options.boot }))
    const target = this.#paths.layer(result.diffID)
    try {
      await rename(directory, target)
    } catch (error) {
      if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error
      // A folder without a readable info.json, left by a power failure; or a layer that can't be verified.
      await this.#options.trash.put(target)
      await rename(directory, target)
      this.#unknown.delete(result.diffID)
    }
    this.#scheduleSync(result.diffID)
    return result
  }

  /** The layer, or undefined when it isn't there. */
  async find(diffID: DiffID): Promise<LayerInfo | undefined> {
    return (await this.#record(diffID))?.info
  }

  async #record(diffID: DiffID): Promise<LayerRecord | undefined> {
    const known = this.#known.get(diffID)
    if (known) return known
    if (this.#leaving.has(diffID) || this.#unknown.has(diffID)) return undefined
    const left = this.#left
    const record = await readJSON(this.#paths.layer(diffID, 'info.json'))
    // It may have left while it was read.
    if (left !== this.#left) return this.#record(diffID)
    if (typeof record !== 'object' || record === null) return undefined
    const { tarSize, size, entries, boot } = record as Record<string, unknown>
    if (typeof tarSize !== 'number' || typeof size !== 'number' || typeof entries !== 'number') return undefined
    const read = { info: { diffID, tarSize, size, entries }, boot }
    this.#known.set(diffID, read)
    return read
  }

  /** Throws `not_found`. */
  async info(diffID: DiffID): Promise<LayerInfo> {
    const info = await this.find(diffID)
    if (!info) throw new StrataError('not_found', `layer ${diffID} does not exist`)
    return info
  }

  async *walk(): AsyncGenerator<LayerInfo> {
    for (const diffID of await this.#all()) {
      const info = await this.find(diffID)
      if (info) yield info
    }
  }

  async #all(): Promise<DiffID[]> {
    const names = await readdir(this.#paths.layers)
    return names.filter(name => /^[0-9a-f]{64}$/.test(name)).map(name => parseDiffID(`sha256:${name}`))
  }

  async open(diffID: DiffID): Promise<Blob> {
    await this.info(diffID)
    return openFile(this.#paths.layer(diffID, 'layer.tar'))
  }

  async verify(diffID: DiffID): Promise<void> {
    await this.info(diffID)
    await this.#reread(diffID, 'verify')
  }

  async #reread(diffID: DiffID, mode: 'verify' | 'derive'): Promise<void> {
    try {
      const args: LayerStageArgs = { mode, directory: this.#paths.layer(diffID), expect: diffID }
      await this.#make(args, { input: nothing(), signal: new AbortController().signal }, false)
    } catch (error) {
      if (isStrataError(error, 'internal') || PASSING.has(errnoOf(error) ?? '')) throw diskError(error)
      throw new StrataError('internal', `layer ${diffID} is damaged: ${(error as Error).message}`, { cause: error })
    }
  }

  async #discard(diffID: DiffID): Promise<void> {
    this.#leaving.add(diffID)
    this.#left++
    this.#known.delete(diffID)
    try {
      await this.#options.trash.put(this.#paths.layer(diffID))
    } finally {
      this.#leaving.delete(diffID)
    }
  }

  /** Moves a layer that nobody uses away, and deletes it in the background. Returns the bytes that this gives back. */
  async remove(diffID: DiffID): Promise<number> {
    using _held = await this.#lock.acquire(diffID)
    const { size } = await this.info(diffID)
    await this.#options.syncer.forget(diffID)
    const directory = this.#paths.layer(diffID)
    let bytes = 0
    for (const name of await readdir(directory)) {
      const entry = await stat(join(directory, name))
      if (entry.isFile()) bytes += entry.blocks * 512
      else if (name === 'diff') bytes += size
    }
    await this.#discard(diffID)
    return bytes
  }

  #scheduleSync(diffID: DiffID): void {
    this.#options.syncer.schedule(diffID, async () => {
      const directory = this.#paths.layer(diffID)
      await this.#options.sync(directory)
      await syncPath(join(directory, 'info.json'))
      await syncPath(directory)
      await syncPath(this.#paths.layers)
      await writeFile(join(directory, 'synced'), '')
    })
  }

  /**
   * After a start: clears away what is no layer; has layers synced that are not; and when the machine went down before
   * they were, verifies them, makes afresh what is derived from them where it is not right, and drops those that are
   * damaged. Returns these. A layer of which that can't be known, because the disk is full or can't be read, is not found
   * until the next start, and stays.
   */
  async recover(): Promise<DiffID[]> {
    const dropped: DiffID[] = []
    for (const diffID of await this.#all()) {
      if (await exists(this.#paths.layer(diffID, 'synced'))) continue
      const record = await this.#record(diffID)
      const state = record ? await this.#judge(record) : 'damaged'
      if (state === 'whole') this.#scheduleSync(diffID)
      if (state !== 'damaged') continue
      await this.#discard(diffID)
      dropped.push(diffID)
    }
    return dropped
  }

  /** Whether a layer came through, after the machine went down before it was synced. */
  async #judge({ info, boot }: LayerRecord): Promise<'whole' | 'damaged' | 'unknown'> {
    const { diffID } = info
    const { log } = this.#options
    if (boot === this.#options.boot) return 'whole'
    try {
      // Without writing a byte, in nearly all cases.
      await this.#reread(diffID, 'verify').catch(async error => {
        if (!isStrataError(error, 'internal')) throw error
        await this.#reread(diffID, 'derive')
      })
      log.info({ layer: diffID }, 'layer was not synced when the machine went down, and is whole')
    } catch (error) {
      if (isStrataError(error, 'internal')) {
        log.warn({ layer: diffID, err: error }, 'layer was not synced when the machine went down: dropped')
        return 'damaged'
      }
      log.error({ layer: diffID, err: error }, 'layer can not be verified: left alone until the next start')
      this.#unknown.add(diffID)
      this.#known.delete(diffID)
      return 'unknown'
    }
    await this.#noteBoot(info).catch((error: unknown) =>
      log.warn({ layer: diffID, err: error }, 'verified next time too'),
    )
    return 'whole'
  }

  async #noteBoot({ diffID, ...info }: LayerInfo): Promise<void> {
    const temporary = this.#paths.layer(diffID, 'info.json.new')
    await writeFile(temporary, JSON.stringify({ diffID, ...info, boot: this.#options.boot }))
    await rename(temporary, this.#paths.layer(diffID, 'info.json'))
  }
}

/** Passes `tar` on and tells how many bytes have passed. */
function counted(tar: Bytes, progress: (bytes: number) => void): Bytes {
  let taken = 0
  return tap(tar, chunk => {
    taken += chunk.byteLength
    progress(taken)
  })
}

async function* nothing(): Bytes {}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    error => {
      if (errnoOf(error) === 'ENOENT') return false
      throw error
    },
  )
}
