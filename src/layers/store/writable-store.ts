import { randomUUID } from 'node:crypto'
import { chmod, mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DiffID, isDigest, parseDiffID } from '../../oci/index.ts'
import { diskError, errnoOf, StrataError, syncPath } from '../../std/index.ts'
import { readJSON } from './files.ts'
import type { Paths } from './paths.ts'
import { isID } from './paths.ts'
import type { Syncer } from './syncer.ts'
import { discard, type Trash } from './trash.ts'

export interface WritableStoreOptions {
  readonly paths: Paths
  readonly trash: Trash
  readonly syncer: Syncer
}

/** The writables of a driver and their chains, each in a folder of its own: see {@link Paths}. */
export class WritableStore {
  readonly #options: WritableStoreOptions
  readonly #paths: Paths
  #chains: Promise<Map<string, readonly DiffID[]>> | undefined
  #read: ReadonlyMap<string, readonly DiffID[]> = new Map()

  constructor(options: WritableStoreOptions) {
    this.#options = options
    this.#paths = options.paths
  }

  /** All chains by id: read from the disk once, kept in step from then on. */
  chains(): Promise<ReadonlyMap<string, readonly DiffID[]>> {
    return this.#all()
  }

  #all(): Promise<Map<string, readonly DiffID[]>> {
    this.#chains ??= this.#load().catch((error: unknown) => {
      this.#chains = undefined
      throw error
    })
    return this.#chains
  }

  async #load(): Promise<Map<string, readonly DiffID[]>> {
    const chains = new Map<string, readonly DiffID[]>()
    for (const id of await readdir(this.#paths.writables)) {
      const chain = isID(id) ? await readJSON(this.#paths.writable(id, 'chain.json')) : undefined
      if (Array.isArray(chain) && chain.every(isDigest)) {
        chains.set(
          id,
          chain.map(diffID => parseDiffID(diffID)),
        )
      }
    }
    this.#read = chains
    return chains
  }

  /** The chain of a writable, once {@link chains} has been called; undefined when there is none. */
  known(id: string): readonly DiffID[] | undefined {
    return this.#read.get(id)
  }

  /** Throws `not_found`. */
  async chain(id: string): Promise<readonly DiffID[]> {
    const chain = (await this.#all()).get(id)
    if (!chain) throw new StrataError('not_found', `writable ${id} does not exist`)
    return chain
  }

  /** Makes the folder of a writable, filled by `fill`, all at once. Throws `already_exists`. */
  async create(id: string, chain: readonly DiffID[], fill: (directory: string) => Promise<void>): Promise<void> {
    const target = this.#paths.writable(id)
    const chains = await this.#all()
    if (chains.has(id)) throw new StrataError('already_exists', `writable ${id} already exists`)
    const directory = join(this.#paths.tmp, randomUUID())
    try {
      await mkdir(directory, { mode: 0o710 })
      await writeFile(join(directory, 'chain.json'), JSON.stringify(chain), { mode: 0o600 })
      await fill(directory)
      await rename(directory, target)
    } catch (error) {
      await discard(directory)
      if (errnoOf(error) === 'ENOTEMPTY') throw new StrataError('already_exists', `writable ${id} already exists`)
      throw diskError(error)
    }
    chains.set(id, chain)
    this.#options.syncer.schedule(`writable ${id}`, async () => {
      await syncPath(join(target, 'chain.json'))
      await syncPath(target)
      await syncPath(this.#paths.writables)
    })
  }

  /** Drops a writable that is not mounted; false when there is none. */
  async remove(id: string): Promise<boolean> {
    const chains = await this.#all()
    await this.#options.syncer.forget(`writable ${id}`)
    const known = chains.delete(id)
    try {
      await this.#options.trash.put(this.#paths.writable(id))
      return true
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
      return known
    }
  }

  /** A writable that stands on the layer. */
  async userOf(diffID: DiffID): Promise<string | undefined> {
    for (const [id, chain] of await this.#all()) if (chain.includes(diffID)) return id
    return undefined
  }
}

/** A folder with the attributes that the root of every rootfs has (as dockerd: root-owned, 0755, whatever the umask). */
export async function makeRoot(path: string): Promise<void> {
  await mkdir(path)
  await chmod(path, 0o755)
}
