import type { ExplainedPrune, Filters } from '../../apitypes/index.ts'
import type { ImageRecord } from '../../images/index.ts'
import type { DiffID, Digest } from '../../oci/index.ts'
import type { EngineContext } from '../context.ts'
import { familiar } from './familiar.ts'
import { pruneImages } from './prune.ts'
import { planPrune } from './prune-plan.ts'

/** A prune that says of each image what becomes of it and why, removed images that could be restored first. */
export async function explainedPrune(
  context: EngineContext,
  filters: Filters,
  { dryRun }: { readonly dryRun: boolean },
): Promise<ExplainedPrune> {
  const { plan, forgets } = planPrune(context, filters)
  const removed = Array.from(context.images.removedImages()).filter(({ record }) => forgets(record))
  const namesOf = Map.groupBy(context.images.removed(), ({ image }) => image.id)
  const uses = await new LayerUses().count(context)
  const lastUsed = (id: Digest) => {
    const used = context.images.usedAt(id)
    return used === undefined ? {} : { LastUsed: new Date(used).toISOString() }
  }
  const Images: ExplainedPrune['Images'][number][] = []
  for (const { record, at } of removed) {
    const Reason = `it was removed ${new Date(at).toISOString()}, and could be restored`
    const Bytes = await uses.letGo(context, record)
    const Names = familiar(namesOf.get(record.id)?.flatMap(({ name }) => name ?? []) ?? [])
    Images.push({ Id: record.id, Names, Action: 'forget', Reason, Bytes, ...lastUsed(record.id) })
  }
  for (const { summary, removed, reason } of plan) {
    const { record, tags, digests } = summary
    const Names = familiar(tags.length > 0 ? tags : digests)
    const Bytes = removed ? await uses.letGo(context, record) : 0
    const Action = removed ? 'remove' : 'keep'
    Images.push({ Id: record.id, Names, Action, Reason: reason, Bytes, ...lastUsed(record.id) })
  }
  const expected = Images.reduce((sum, { Bytes }) => sum + Bytes, 0)
  return { Images, SpaceReclaimed: dryRun ? expected : (await pruneImages(context, filters)).SpaceReclaimed }
}

/** How many images and writables have each layer. */
class LayerUses {
  readonly #counts = new Map<DiffID, number>()

  async count(context: EngineContext): Promise<this> {
    for (const { record } of context.images.list()) this.#add(record.layers.map(({ diffID }) => diffID))
    for (const { record } of context.images.removedImages()) this.#add(record.layers.map(({ diffID }) => diffID))
    for await (const { chain } of context.layers.writables()) this.#add(chain)
    return this
  }

  #add(layers: readonly DiffID[]): void {
    for (const layer of new Set(layers)) this.#counts.set(layer, (this.#counts.get(layer) ?? 0) + 1)
  }

  /** Bytes of the layers that nothing has any more when this image goes too. */
  async letGo(context: EngineContext, { layers }: ImageRecord): Promise<number> {
    let bytes = 0
    for (const layer of new Set(layers.map(({ diffID }) => diffID))) {
      const left = (this.#counts.get(layer) ?? 0) - 1
      this.#counts.set(layer, left)
      if (left === 0 && (await context.layers.has(layer))) bytes += (await context.layers.info(layer)).tarSize
    }
    return bytes
  }
}
