import { messageOf, StrataError } from '../std/index.ts'
import type { Container } from './container.ts'
import { type EngineContext, publishContainer, requireRunning } from './context.ts'

export async function pauseContainer(context: EngineContext, id: string): Promise<void> {
  const container = context.containers.find(id)
  using _lock = await context.locks.acquire(container.id)
  requireRunning(container)
  if (container.record.state.paused) {
    throw new StrataError('conflict', `Container ${container.id} is already paused`)
  }
  await pauseLocked(context, container, { toCommit: false })
}

async function pauseLocked(
  context: EngineContext,
  container: Container,
  { toCommit }: { readonly toCommit: boolean },
): Promise<void> {
  // Written first: an engine that dies in between knows by it that the container is to go on.
  if (toCommit) container.updateState({ pausedToCommit: true })
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
    throw new StrataError('internal', `Container ${container.id} is not paused`)
  }
  await goOn(context, container)
}

/** Lets a container that stands still go on, and tells so once, whoever else does the same meanwhile. */
export async function goOn(context: EngineContext, container: Container): Promise<void> {
  await thaw(container)
  if (!container.running || !container.record.state.paused) return
  container.updateState({ paused: false, pausedToCommit: false })
  publishContainer(context, container, 'unpause')
}

/** Lets the processes of a container go on, if they stand still. */
export async function thaw(container: Container): Promise<void> {
  const task = container.run?.task
  if (!task || !container.record.state.paused) return
  try {
    await task.resume()
  } catch (error) {
    // Somebody else let it go on, or it has ended.
    if (await task.paused()) throw error
  }
}

/**
 * Does `work` while the container stands still. One that runs is paused before and goes on afterwards, whatever becomes of
 * the work or of the engine; one that does not run, or is paused already, is left as it is.
 */
export async function whilePaused<T>(context: EngineContext, container: Container, work: () => Promise<T>): Promise<T> {
  if (!(await pauseToCommit(context, container))) return work()
  try {
    return await work()
  } finally {
    using _lock = await context.locks.acquire(container.id)
    // It may have ended, or been let go on, in the meantime.
    const { status, paused, pausedToCommit } = container.record.state
    if (status === 'running' && paused && pausedToCommit) await goOn(context, container)
  }
}

/** False when there was nothing to pause. */
async function pauseToCommit(context: EngineContext, container: Container): Promise<boolean> {
  using _lock = await context.locks.acquire(container.id)
  if (!container.running || container.record.state.paused) return false
  try {
    await pauseLocked(context, container, { toCommit: true })
    return true
  } catch (error) {
    container.updateState({ pausedToCommit: false })
    if (await container.run?.task.exited()) return false
    throw error
  }
}
