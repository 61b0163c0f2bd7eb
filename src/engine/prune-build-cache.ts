import type { Filters } from '../apitypes/index.ts'
import { reworded, StrataError } from '../std/index.ts'
import { type EngineContext, publish } from './context.ts'
import { momentOf } from './until.ts'

/** There is no build cache yet. Throws `invalid_argument` with Docker's text for values that it would refuse. */
export function pruneBuildCache(
  context: EngineContext,
  filters: Filters,
): { readonly CachesDeleted: null; readonly SpaceReclaimed: number } {
  reworded(
    () => checkValues(filters),
    message => new StrataError('invalid_argument', `failed to prune build cache: ${message}`),
  )
  publish(context, 'builder', 'prune', '', { reclaimed: '0' })
  return { CachesDeleted: null, SpaceReclaimed: 0 }
}

/** Those of which there may be only one value, beside `until` and its older name `unused-for`. */
const single = ['id', 'parent', 'type', 'description', 'inuse', 'shared', 'private']

function checkValues(filters: Filters): void {
  const refuse = (message: string) => new StrataError('invalid_argument', message)
  const [until, unused] = ['until', 'unused-for'].map(key => filters.get(key) ?? []) as [string[], string[]]
  if (until.length > 0 && unused.length > 0) throw refuse('conflicting filters: "until" and "unused-for"')
  const counts = [until.length + unused.length, ...single.map(key => filters.get(key)?.length ?? 0)]
  if (counts.some(count => count > 1)) throw refuse('filters expect only one value')
  for (const [key, values] of Object.entries({ until, 'unused-for': unused })) {
    const expects = `"${key}" filter expects a duration (e.g., '24h') or a timestamp`
    for (const value of values)
      reworded(
        () => momentOf(value, Date.now()),
        message => refuse(`${expects}: ${message}`),
      )
  }
}
