import type { LayerDriver, LayerInfo } from '../../layers/index.ts'
import { asDiffID, type DiffID, digestOf } from '../../oci/index.ts'
import { StrataError } from '../../std/index.ts'

/** As much of a layer driver as a collection sees, in memory. */
export class FakeLayers {
  readonly layers = new Map<DiffID, number>()
  readonly chains = new Map<string, readonly DiffID[]>()
  readonly mounted = new Set<DiffID>()
  readonly damaged = new Set<DiffID>()
  /** Called in the middle of each removal. */
  onRemove: (layer: DiffID) => Promise<void> = async () => {}
  /** Called at the beginning of each verification. */
  onVerify: (layer: DiffID) => Promise<void> = async () => {}

  /** Puts a layer in, told from others by `text`. */
  add(text: string): DiffID {
    const layer = asDiffID(digestOf(text))
    this.layers.set(layer, text.length)
    return layer
  }

  get driver(): LayerDriver {
    return this as unknown as LayerDriver
  }

  async has(layer: DiffID): Promise<boolean> {
    return this.layers.has(layer)
  }

  async *walk(): AsyncGenerator<LayerInfo> {
    for (const [diffID, size] of this.layers) yield { diffID, size, tarSize: size, entries: 1 }
  }

  async verify(layer: DiffID): Promise<void> {
    await this.onVerify(layer)
    if (this.damaged.has(layer)) throw new StrataError('internal', `layer ${layer} is damaged`)
  }

  async remove(layer: DiffID): Promise<number> {
    const size = this.layers.get(layer)
    if (size === undefined) throw new StrataError('not_found', `layer ${layer} does not exist`)
    const used = this.mounted.has(layer) || [...this.chains.values()].some(chain => chain.includes(layer))
    if (used) throw new StrataError('conflict', `layer ${layer} is in use`)
    await this.onRemove(layer)
    this.layers.delete(layer)
    return size
  }

  async settle(): Promise<void> {}

  async *writables(): AsyncGenerator<{ readonly id: string; readonly chain: readonly DiffID[] }> {
    for (const [id, chain] of this.chains) yield { id, chain }
  }

  async hasWritable(id: string): Promise<boolean> {
    return this.chains.has(id)
  }
}
