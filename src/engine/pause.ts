import { StrataError } from '../std/index.ts'
import { type EngineContext, publishContainer, requireRunning } from './context.ts'

export async function pauseContainer(context: EngineContext, id: string): Promise<void> {
  const container = context.containers.find(id)
  using _lock = await context.locks.acquire(container.id)
  requireRunning(container)
  if (container.record.state.paused) {
    throw new StrataError('conflict', `Container ${container.id} is already paused`)
  }
  await container.run?.task.pause()
  container.updateState({ paused: true })
  publishContainer(context, container, 'pause')
}

export async function unpauseContainer(context: EngineContext, id: string): Promise<void> {
  const container = context.containers.find(id)
  using _lock = await context.locks.acquire(container.id)
  if (!container.record.state.paused) {
    throw new StrataError('conflict', `Container ${container.id} is not paused`)
  }
  await container.run?.task.resume()
  container.updateState({ paused: false })
  publishContainer(context, container, 'unpause')
}
