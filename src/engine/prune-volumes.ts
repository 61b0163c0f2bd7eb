import type { Filters, VolumesPruned } from '../apitypes/index.ts'
import { parseBool, StrataError } from '../std/index.ts'
import { anonymousLabel } from '../volumes/index.ts'
import { type EngineContext, publish } from './context.ts'
import { labelTest } from './filter-values.ts'
import { dropVolume, usersOf } from './volume-use.ts'

/** Removes anonymous volumes (with the filter `all`, others too) that no container has and that pass `label` and `label!`. */
export async function pruneVolumes(context: EngineContext, filters: Filters): Promise<VolumesPruned> {
  const all = allFilter(filters)
  const labelled = labelTest(filters)
  const removed: string[] = []
  let reclaimed = 0
  const unclaimed = new Set(context.volumes.unclaimed())
  for (const { name, labels } of context.volumes.list()) {
    if (!labelled(labels) || !(all || Object.hasOwn(labels ?? {}, anonymousLabel))) continue
    // A container that is being made has no record yet.
    if (unclaimed.has(name)) continue
    const size = await context.volumes.size(name)
    if (usersOf(context, name).length > 0) continue
    await dropVolume(context, name)
    reclaimed += size
    removed.push(name)
  }
  publish(context, 'volume', 'prune', '', { reclaimed: String(reclaimed) })
  return { VolumesDeleted: removed, SpaceReclaimed: reclaimed }
}

/** Go's `strconv.ParseBool` of the one value. */
function allFilter(filters: Filters): boolean {
  const values = filters.get('all') ?? []
  const [value, ...more] = values
  if (value === undefined) return false
  const bad = (text: string) => new StrataError('invalid_argument', `invalid filter 'all${text}`)
  if (more.length > 0) throw bad(`=[${values.join(' ')}]': only one value is expected`)
  const parsed = parseBool(value)
  if (parsed !== undefined) return parsed
  throw bad(`': strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`)
}
