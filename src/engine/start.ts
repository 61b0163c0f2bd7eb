import type { EngineContext } from './context.ts'
import { startLocked } from './supervise.ts'

/** Starts a container that the user named. Throws `not_modified` when it runs. */
export async function startContainer(context: EngineContext, id: string): Promise<void> {
  const container = context.containers.find(id)
  container.cancelRestart?.()
  using _lock = await context.locks.acquire(container.id)
  if (container.record.manuallyStopped) container.update({ manuallyStopped: false })
  await startLocked(context, container)
  if (context.images.get(container.record.image)) context.images.use(container.record.image)
}
