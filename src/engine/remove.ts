import { StrataError } from '../std/index.ts'
import { type EngineContext, findSettled } from './context.ts'
import { removeLocked } from './remove-locked.ts'
import { killRunning } from './stop.ts'

export interface RemoveOptions {
  readonly force: boolean
  readonly volumes: boolean
  readonly link: boolean
}

/** Removes a container; a running one only with `force`, which kills it. */
export async function removeContainer(context: EngineContext, id: string, options: RemoveOptions): Promise<void> {
  const container = await findSettled(context, id)
  if (options.link) throw new StrataError('not_found', `Cannot get parent / for name /${container.record.name}`)
  const { state } = container.record
  if (state.status === 'running' || state.restarting) {
    if (!options.force) {
      const shown = state.paused ? 'paused' : state.restarting ? 'restarting' : 'running'
      throw new StrataError(
        'conflict',
        `cannot remove container "${container.record.name}": container is ${shown}: stop the container before removing or force remove`,
      )
    }
    await killRunning(context, container)
  }
  using _lock = await context.locks.acquire(container.id)
  await removeLocked(context, container, options)
}
