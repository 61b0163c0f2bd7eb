import { messageOf, StrataError } from '../std/index.ts'
import { type EngineContext, publishContainer, requireRunning } from './context.ts'

export async function pauseContainer(context: EngineContext, id: string): Promise<void> {
  const container = context.containers.find(id)
  using _lock = await context.locks.acquire(container.id)
  requireRunning(container)
  if (container.record.state.paused) {
    throw new StrataError('conflict', `Container ${container.id} is already paused`)
  }
  try {
    await container.run?.task.pause()
  } catch (error) {
    // It ended before it could be paused: the runtime says so in its own words.
    const ended = (await container.run?.task.exited()) !== undefined
    if (!ended && !/container not running|does not exist/.test(messageOf(error))) throw error
    throw new StrataError('conflict', `container ${container.id} is not running`, { cause: error })
  }
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
