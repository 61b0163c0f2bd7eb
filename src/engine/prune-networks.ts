import type { Filters } from '../apitypes/index.ts'
import { type EngineContext, publish } from './context.ts'
import { untilFilter } from './until.ts'

/** There are none of one's own that could be removed. */
export function pruneNetworks(context: EngineContext, filters: Filters): { readonly NetworksDeleted: null } {
  untilFilter(filters, Date.now())
  publish(context, 'network', 'prune', '', { reclaimed: '0' })
  return { NetworksDeleted: null }
}
