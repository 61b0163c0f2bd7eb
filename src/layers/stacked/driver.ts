import { mkdir, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isMountPoint, mountsUnder } from '../../host/index.ts'
import type { DiffID } from '../../oci/index.ts'
import { StrataError } from '../../std/index.ts'
import { BaseDriver } from '../base-driver.ts'
import { findChanges } from '../changes/find-changes.ts'
import { measure } from '../changes/measure.ts'
import type { Change, ChangesOptions, CommitOptions, LayerInfo, RecoveryReport, Rootfs, Usage } from '../layers.ts'
import type { DriverParts } from '../open-parts.ts'
import type { Paths } from '../store/paths.ts'
import { makeRoot } from '../store/writable-store.ts'
import type { Lowers } from './lowers.ts'
import type { MountOverlay } from './mount-overlay.ts'
import { rootfsMounts } from './rootfs-mounts.ts'

export interface StackedParts extends DriverParts {
  readonly lowers: Lowers
  readonly mountOverlay: MountOverlay
}

/** A driver that stacks folders with overlayfs: `upper`, `work` and `merged` in a writable's folder. */
export class StackedDriver extends BaseDriver {
  protected override readonly parts: StackedParts
  readonly #paths: Paths
  /** Mounted writables: how often `mount` was called. */
  readonly #mounted = new Map<string, number>()
  readonly #rootfs = rootfsMounts()

  constructor(parts: StackedParts) {
    super(parts)
    this.parts = parts
    this.#paths = parts.paths
  }

  protected async fill(directory: string): Promise<void> {
    await makeRoot(join(directory, 'upper'))
    await mkdir(join(directory, 'work'), { mode: 0o700 })
    await makeRoot(join(directory, 'merged'))
  }

  protected async letGo(layer: DiffID): Promise<void> {
    const { lowers } = this.parts
    if (lowers.inUse(layer)) throw new StrataError('conflict', `layer ${layer} is in use`)
    await lowers.clear(layer)
  }

  async mount(id: string): Promise<Rootfs> {
    const path = this.#paths.writable(id, 'merged')
    using _held = await this.lock.acquire(id)
    const chain = await this.parts.writables.chain(id)
    const users = this.#mounted.get(id) ?? 0
    await this.#rootfs.settle(path)
    const there = await isMountPoint(path)
    if (users === 0) {
      const lowers = await this.parts.lowers.acquire(chain)
      try {
        if (!there) this.#mountAt(id, path, lowers)
      } catch (error) {
        await this.parts.lowers.release(chain)
        throw error
      }
    } else if (!there) {
      // Somebody else unmounted it: layers may be gone as well.
      const lowers = await this.parts.lowers.acquire(chain)
      try {
        this.#mountAt(id, path, lowers)
      } finally {
        await this.parts.lowers.release(chain)
      }
    }
    this.#mounted.set(id, users + 1)
    return { path }
  }

  #mountAt(id: string, path: string, lowers: readonly string[]): void {
    // A layer may be in a chain several times, but overlayfs takes a folder once. The highest says all that the others do.
    const distinct = lowers.filter((lower, at) => lowers.lastIndexOf(lower) === at)
    this.parts.mountOverlay(path, {
      lowers: distinct.length > 0 ? distinct : [join(this.#paths.root, 'empty')],
      upper: this.#paths.writable(id, 'upper'),
      work: this.#paths.writable(id, 'work'),
    })
  }

  async unmount(id: string): Promise<void> {
    using _held = await this.lock.acquire(id)
    const users = this.#mounted.get(id) ?? 0
    if (users > 1) this.#mounted.set(id, users - 1)
    else await this.takeDown(id)
  }

  protected async takeDown(id: string): Promise<void> {
    await this.#rootfs.unmount(this.#paths.writable(id, 'merged'))
    if (this.#mounted.delete(id)) await this.parts.lowers.release(await this.parts.writables.chain(id))
  }

  async *changes(id: string, options?: ChangesOptions): AsyncGenerator<Change> {
    const chain = await this.parts.writables.chain(id)
    const lowers = await this.parts.lowers.acquire(chain)
    try {
      yield* await findChanges(this.#paths.writable(id, 'upper'), lowers, options)
    } finally {
      await this.parts.lowers.release(chain)
    }
  }

  async commit(id: string, { placeholders, ...options }: CommitOptions): Promise<LayerInfo> {
    using _held = await this.holdChanges(id, options.signal)
    const chain = await this.parts.writables.chain(id)
    const folders = await this.parts.lowers.acquire(chain)
    try {
      const below = chain.map((diffID, at) => ({ diffID, path: folders[at]! }))
      const changes = { folder: this.#paths.writable(id, 'upper'), below, placeholders }
      return await this.parts.layers.commit(changes, options)
    } finally {
      await this.parts.lowers.release(chain)
    }
  }

  async usage(id: string, options?: { readonly withoutLinks?: readonly string[] }): Promise<Usage> {
    await this.parts.writables.chain(id)
    return measure(this.#paths.writable(id, 'upper'), options)
  }

  describe(id: string): Readonly<Record<string, string>> {
    return {
      ID: id,
      LowerDir: (this.parts.writables.known(id) ?? [])
        .map(layer => this.parts.lowers.path(layer))
        .reverse()
        .join(':'),
      MergedDir: this.#paths.writable(id, 'merged'),
      UpperDir: this.#paths.writable(id, 'upper'),
      WorkDir: this.#paths.writable(id, 'work'),
    }
  }

  async recover(mounted: ReadonlySet<string>): Promise<RecoveryReport> {
    const { layers, writables, lowers, trash } = this.parts
    const unmounted: string[] = []
    for (const { mountPoint } of await mountsUnder(this.#paths.writables)) {
      const id = basename(dirname(mountPoint))
      if (mounted.has(id) || this.#mounted.has(id)) continue
      if (await this.#rootfs.unmount(mountPoint)) unmounted.push(mountPoint)
    }
    const keep = new Set<DiffID>()
    for (const [id, chain] of await writables.chains()) {
      if (mounted.has(id) || this.#mounted.has(id)) for (const layer of chain) keep.add(layer)
    }
    unmounted.push(...(await lowers.recover(keep)))
    for (const name of await readdir(this.#paths.tmp)) await trash.put(join(this.#paths.tmp, name))
    await trash.sweep()
    return { unmounted, dropped: await layers.recover() }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { lowers, syncer, trash } = this.parts
    await this.#rootfs.settle()
    await lowers.close()
    await syncer.flush()
    await trash.settle()
  }
}
