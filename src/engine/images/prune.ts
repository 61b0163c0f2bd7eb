import type { Filters, ImagesPruned } from '../../apitypes/index.ts'
import type { Digest } from '../../oci/index.ts'
import { StrataError } from '../../std/index.ts'
import { type EngineContext, publish } from '../context.ts'
import { planPrune } from './prune-plan.ts'
import { Removal } from './remove.ts'

/** Engines in which a prune is under way. */
const pruning = new WeakSet<EngineContext>()

/**
 * Removes the images that a prune by these filters takes, and says what space came back. Without filters but `dangling`,
 * what pulls that failed have left goes as well.
 */
export async function pruneImages(context: EngineContext, filters: Filters): Promise<ImagesPruned> {
  if (pruning.has(context)) throw new StrataError('conflict', 'a prune operation is already running')
  pruning.add(context)
  try {
    // A prune that picks images says nothing of what belongs to none.
    const everything = filters.keys().every(key => key === 'dangling')
    const work = () => {
      const left: readonly string[] = everything ? context.puller.letGo() : []
      return { left, ...removePlanned(context, filters) }
    }
    const { result, swept } = await context.collector.collect(work, { unfinished: everything })
    const { removal, forgotten, left } = result
    removal.tell()
    publish(context, 'image', 'prune', '', { reclaimed: String(swept.bytes) })
    // With nothing deleted the docker CLI says that no space came back.
    const parts = [...swept.layers, ...swept.ingests.map(ref => ref.replace(/^.*(?=sha256:)/, ''))]
    const gone = [...forgotten, ...parts.filter(each => left.includes(each))]
    const deleted = [...gone.map(Deleted => ({ Deleted })), ...removal.done]
    return { ImagesDeleted: deleted.length > 0 ? deleted : null, SpaceReclaimed: swept.bytes }
  } finally {
    pruning.delete(context)
  }
}

interface Pruned {
  readonly removal: Removal
  /** Images that were removed before, and could be restored until now. */
  readonly forgotten: readonly Digest[]
}

function removePlanned(context: EngineContext, filters: Filters): Pruned {
  return context.metadata.transaction(() => {
    const { plan, forgets } = planPrune(context, filters)
    const removed = Array.from(context.images.removedImages(), ({ record }) => record)
    const forgotten = removed.filter(forgets).map(({ id }) => id)
    const removal = new Removal(context, { force: false, noPrune: false })
    for (const { summary, removed } of plan) if (removed) removal.removeImage(summary.record.id)
    removal.finish()
    // Space is what is asked for: what could be restored goes first, and nothing of this can be restored.
    const gone = new Set(removal.done.map(item => ('Deleted' in item ? item.Deleted : '')))
    context.images.forgetRemoved(({ record }) => gone.has(record.id) || forgets(record))
    return { removal, forgotten }
  })
}
