import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFileSystem } from '../../host/index.ts'
import type { DiffID } from '../../oci/index.ts'
import { beside, bytesOf, diskError, runStage } from '../../std/index.ts'
import { BaseDriver } from '../base-driver.ts'
import { measure } from '../changes/measure.ts'
import type {
  Change,
  ChangesOptions,
  CommitOptions,
  LayerDriver,
  LayerInfo,
  RecoveryReport,
  Rootfs,
  Usage,
} from '../layers.ts'
import { type DriverOptions, openParts } from '../open-parts.ts'
import { littleAsTar } from '../store/little-work.ts'
import { layerFiles } from '../views/run.ts'
import type { TreeStageArgs } from './tree-stage.ts'

/**
 * Opens the `vfs` driver at `<root>/vfs`: works on any file system and mounts nothing. A layer is its tar alone; each
 * writable is a whole copy of what its chain shows, unpacked when it is made.
 */
export async function openVfsDriver(options: DriverOptions): Promise<LayerDriver> {
  return new VfsDriver(
    await openParts('vfs', options, {
      stage: beside(import.meta.url, 'layer-stage'),
      sync: syncFileSystem,
      // What a rootfs has changed is only known when all the tars below it were read.
      little: { ...littleAsTar, changes: { size: 0, inodes: 0 } },
    }),
  )
}

class VfsDriver extends BaseDriver {
  protected async fill(directory: string, chain: readonly DiffID[]): Promise<void> {
    await this.#run('fill', join(directory, 'rootfs'), chain)
  }

  protected async letGo(): Promise<void> {}

  async #run(
    mode: TreeStageArgs['mode'],
    rootfs: string,
    chain: readonly DiffID[],
    made?: ChangesOptions,
  ): Promise<readonly Change[]> {
    const files = layerFiles(this.parts.paths, chain)
    const options = { input: bytesOf(), signal: new AbortController().signal }
    const run = runStage<TreeStageArgs, readonly Change[]>(
      beside(import.meta.url, 'tree-stage'),
      { mode, chain: files, rootfs, ...(made && { made }) },
      options,
    )
    return run.result.catch((error: unknown) => {
      throw diskError(error)
    })
  }

  async mount(id: string): Promise<Rootfs> {
    await this.parts.writables.chain(id)
    return { path: this.parts.paths.writable(id, 'rootfs') }
  }

  async unmount(id: string): Promise<void> {
    this.parts.paths.writable(id)
  }

  protected async takeDown(): Promise<void> {}

  async *changes(id: string, options?: ChangesOptions): AsyncGenerator<Change> {
    const chain = await this.parts.writables.chain(id)
    yield* await this.#run('compare', this.parts.paths.writable(id, 'rootfs'), chain, options)
  }

  async commit(id: string, { placeholders, ...options }: CommitOptions): Promise<LayerInfo> {
    using _held = await this.holdChanges(id, options.signal)
    const chain = await this.parts.writables.chain(id)
    const below = layerFiles(this.parts.paths, chain).map(({ diffID, tar }) => ({ diffID, path: tar }))
    const changes = { folder: this.parts.paths.writable(id, 'rootfs'), below, placeholders }
    return await this.parts.layers.commit(changes, options)
  }

  async usage(id: string, options?: { readonly withoutLinks?: readonly string[] }): Promise<Usage> {
    await this.parts.writables.chain(id)
    return measure(this.parts.paths.writable(id, 'rootfs'), options)
  }

  describe(id: string): Readonly<Record<string, string>> {
    return { ID: id, Dir: this.parts.paths.writable(id, 'rootfs') }
  }

  async recover(): Promise<RecoveryReport> {
    const { layers, paths, trash } = this.parts
    for (const name of await readdir(paths.tmp)) await trash.put(join(paths.tmp, name))
    await trash.sweep()
    return { unmounted: [], dropped: await layers.recover() }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parts.syncer.flush()
    await this.parts.trash.settle()
  }
}
