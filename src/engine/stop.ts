import { parseSignal } from '../host/index.ts'
import { isStrataError, StrataError } from '../std/index.ts'
import type { Container } from './container.ts'
import { type EngineContext, findSettled, publishContainer } from './context.ts'
import { goOn, thaw } from './pause.ts'

const SIGKILL = 9
/** How long the kernel gets, in milliseconds, until a killed container is called stuck. */
const KILL_PATIENCE = 10_000

export interface StopOptions {
  readonly timeout?: number
  readonly signal?: string
}

/** Sends the stop signal, and SIGKILL after the time-out. Throws `not_modified` when it does not run. */
export async function stopContainer(context: EngineContext, id: string, options: StopOptions): Promise<void> {
  const container = await findSettled(context, id)
  if (options.signal) parseSignal(options.signal)
  if (!container.running && !container.record.state.restarting) throw new StrataError('not_modified', '')
  await stopRunning(context, container, options)
  publishContainer(context, container, 'stop')
}

/** Stops a running container, or one about to be restarted, and waits for its end. */
export async function stopRunning(context: EngineContext, container: Container, options: StopOptions): Promise<void> {
  const { config } = container.record
  container.update({ manuallyStopped: true })
  container.cancelRestart?.()
  if (!container.running) return
  container.stopping = true
  const signal = parseSignal(options.signal || config.StopSignal || 'SIGTERM')
  const timeout = options.timeout ?? config.StopTimeout ?? 10
  await signalTask(context, container, signal)
  // What stands still hears no signal.
  await goOn(context, container)
  if (await endedWithin(container, timeout < 0 ? undefined : timeout * 1000)) return
  await killRunning(context, container)
}

/** Kills a running container and waits for its end. */
export async function killRunning(context: EngineContext, container: Container): Promise<void> {
  container.update({ manuallyStopped: true })
  container.cancelRestart?.()
  if (!container.running) return
  container.stopping = true
  await signalTask(context, container, SIGKILL)
  await thaw(container)
  if (await endedWithin(container, KILL_PATIENCE)) return
  throw new StrataError('internal', `tried to kill container, but did not receive an exit event`)
}

async function signalTask(context: EngineContext, container: Container, signal: number): Promise<void> {
  try {
    await container.run?.task.kill(signal)
  } catch (error) {
    // A process that has just ended needs no signal.
    if (!isStrataError(error, 'not_found')) throw error
  }
  publishContainer(context, container, 'kill', { signal: String(signal) })
}

/** Whether the present run ends within so many milliseconds; without a number, waits for it. */
async function endedWithin(container: Container, milliseconds: number | undefined): Promise<boolean> {
  const ended = container.exited.then(() => true)
  if (milliseconds === undefined) return ended
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), milliseconds)
  try {
    return await Promise.race([ended, promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Sends any signal; SIGKILL waits for the end, as Docker does. */
export async function killContainer(context: EngineContext, id: string, signalText: string): Promise<void> {
  try {
    await kill(context, id, signalText)
  } catch (error) {
    if (!isStrataError(error)) throw error
    throw new StrataError(error.code, `cannot kill container: ${id}: ${error.message}`, { cause: error })
  }
}

async function kill(context: EngineContext, id: string, signalText: string): Promise<void> {
  const signal = parseSignal(signalText === '' ? 'SIGKILL' : signalText)
  const container = await findSettled(context, id)
  if (!container.running || !container.run) {
    throw new StrataError('conflict', `container ${container.id} is not running`)
  }
  if (signal === SIGKILL) {
    await killRunning(context, container)
    return
  }
  if (signal === parseSignal(container.record.config.StopSignal || 'SIGTERM')) {
    container.update({ manuallyStopped: true })
    container.stopping = true
  }
  await container.run.task.kill(signal)
  publishContainer(context, container, 'kill', { signal: String(signal) })
}
