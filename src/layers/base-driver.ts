import type { DiffID } from '../oci/index.ts'
import { type Blob, type Bytes, beside, bytesOf, KeyedLock, runStage, StrataError } from '../std/index.ts'
import type { ExportStageArgs } from './commit/export-stage.ts'
import type {
  Change,
  ChangesOptions,
  CommitOptions,
  Difference,
  IngestOptions,
  LayerDriver,
  LayerInfo,
  LayerSurvey,
  RecoveryReport,
  Rootfs,
  SurveyOptions,
  Usage,
} from './layers.ts'
import type { DriverParts } from './open-parts.ts'
import { compare, survey } from './views/run.ts'

/** What all drivers do alike: the layers themselves, and the list of writables. */
export abstract class BaseDriver implements LayerDriver {
  readonly independent = true
  readonly name: string
  readonly status: readonly (readonly [string, string])[]
  protected readonly parts: DriverParts
  /** Orders what is done with one writable, and removals of one layer. */
  protected readonly lock = new KeyedLock()

  constructor(parts: DriverParts) {
    this.parts = parts
    this.name = parts.name
    this.status = parts.status
  }

  abstract mount(id: string): Promise<Rootfs>
  abstract unmount(id: string): Promise<void>
  abstract changes(id: string, options?: ChangesOptions): AsyncIterable<Change>
  abstract commit(id: string, options: CommitOptions): Promise<LayerInfo>
  abstract usage(id: string, options?: { readonly withoutLinks?: readonly string[] }): Promise<Usage>
  abstract describe(id: string): Readonly<Record<string, string>>
  abstract recover(mounted: ReadonlySet<string>): Promise<RecoveryReport>
  abstract [Symbol.asyncDispose](): Promise<void>
  /** Fills the folder of a new writable. */
  protected abstract fill(directory: string, chain: readonly DiffID[]): Promise<void>
  /** Unmounts a writable, whoever mounted it. Called under its lock. */
  protected abstract takeDown(id: string): Promise<void>
  /** Lets go of a layer that no writable stands on; throws `conflict` when it is in use all the same. */
  protected abstract letGo(layer: DiffID): Promise<void>

  ingest(tar: Bytes, options: IngestOptions): Promise<LayerInfo> {
    return this.parts.layers.ingest(tar, options)
  }

  async has(layer: DiffID): Promise<boolean> {
    return (await this.parts.layers.find(layer)) !== undefined
  }

  info(layer: DiffID): Promise<LayerInfo> {
    return this.parts.layers.info(layer)
  }

  walk(): AsyncIterable<LayerInfo> {
    return this.parts.layers.walk()
  }

  open(layer: DiffID): Promise<Blob> {
    return this.parts.layers.open(layer)
  }

  verify(layer: DiffID): Promise<void> {
    return this.parts.layers.verify(layer)
  }

  async remove(layer: DiffID): Promise<number> {
    using _held = await this.lock.acquire(`layer ${layer}`)
    await this.parts.layers.info(layer)
    const user = await this.parts.writables.userOf(layer)
    if (user !== undefined) throw new StrataError('conflict', `layer ${layer} is used by writable ${user}`)
    await this.letGo(layer)
    // Waited for here: nobody may find the layer before it is gone.
    return await this.parts.layers.remove(layer)
  }

  compare(
    from: readonly DiffID[],
    to: readonly DiffID[],
    options: { readonly signal: AbortSignal },
  ): AsyncIterable<Difference> {
    return compare(this.parts.paths, { from, to }, options.signal)
  }

  survey(chain: readonly DiffID[], options: SurveyOptions): Promise<readonly LayerSurvey[]> {
    return survey(this.parts.paths, chain, options)
  }

  settle(): Promise<void> {
    return this.parts.trash.settle()
  }

  async createWritable(id: string, chain: readonly DiffID[]): Promise<void> {
    const { layers, writables } = this.parts
    using _held = await this.lock.acquire(id)
    for (const layer of chain) await layers.info(layer)
    await writables.create(id, chain, directory => this.fill(directory, chain))
    // From here on `remove` sees the chain; what it is just taking away, or took in the meantime, is looked for once more.
    for (const layer of new Set(chain)) {
      using _removed = await this.lock.acquire(`layer ${layer}`)
      if (await layers.find(layer)) continue
      await writables.remove(id)
      throw new StrataError('not_found', `layer ${layer} does not exist`)
    }
  }

  async removeWritable(id: string): Promise<void> {
    using _held = await this.lock.acquire(id)
    using _unread = await this.holdChanges(id)
    await this.takeDown(id)
    await this.parts.writables.remove(id)
  }

  /** While it is held a writable's changes stay where they are. Mounts come and go all the same. */
  protected holdChanges(id: string, signal?: AbortSignal): Promise<Disposable> {
    return this.lock.acquire(`changes of ${id}`, signal)
  }

  async *export(id: string, { signal }: { readonly signal: AbortSignal }): AsyncGenerator<Uint8Array> {
    const { path } = await this.mount(id)
    try {
      const stage = beside(import.meta.url, 'commit/export-stage')
      const run = runStage<ExportStageArgs, void>(stage, { folder: path }, { input: bytesOf(), signal })
      yield* run.output
      await run.result
      await this.parts.writables.chain(id)
    } finally {
      await this.unmount(id)
    }
  }

  async hasWritable(id: string): Promise<boolean> {
    return (await this.parts.writables.chains()).has(id)
  }

  async *writables(): AsyncGenerator<{ readonly id: string; readonly chain: readonly DiffID[] }> {
    for (const [id, chain] of await this.parts.writables.chains()) yield { id, chain }
  }
}
