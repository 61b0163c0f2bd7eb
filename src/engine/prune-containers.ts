import type { ContainersPruned, Filters } from '../apitypes/index.ts'
import { isStrataError, messageOf } from '../std/index.ts'
import { type EngineContext, publish } from './context.ts'
import { labelTest } from './filter-values.ts'
import { initLinks } from './init-files.ts'
import { removeContainer } from './remove.ts'
import { untilFilter } from './until.ts'

/** Removes the containers that do not run and pass the filters `label`, `label!` and `until` (created before it). */
export async function pruneContainers(context: EngineContext, filters: Filters): Promise<ContainersPruned> {
  const until = untilFilter(filters, Date.now())
  const labelled = labelTest(filters)
  const removed: string[] = []
  let reclaimed = 0
  for (const container of context.containers.all()) {
    const { state, created, config } = container.record
    if (state.status === 'running' || state.restarting || !labelled(config.Labels)) continue
    if (until !== undefined && Date.parse(created) > until) continue
    try {
      const { size } = await context.layers.usage(container.id, { withoutLinks: initLinks })
      await removeContainer(context, container.id, { force: false, volumes: false, link: false })
      reclaimed += size
      removed.push(container.id)
    } catch (error) {
      // It was started or removed meanwhile.
      if (!isStrataError(error, 'conflict') && !isStrataError(error, 'not_found')) throw error
      context.log.debug({ container: container.id, reason: messageOf(error) }, 'left by a prune')
    }
  }
  publish(context, 'container', 'prune', '', { reclaimed: String(reclaimed) })
  return { ContainersDeleted: removed.length > 0 ? removed : null, SpaceReclaimed: reclaimed }
}
