import type { Exit, Task } from '../runtime/index.ts'
import { delay, isStrataError, messageOf, StrataError } from '../std/index.ts'
import type { Container } from './container.ts'
import { type EngineContext, publishContainer } from './context.ts'
import { timestamp } from './create.ts'
import { tearDownNetwork } from './network-setup.ts'
import { removeLocked } from './remove-locked.ts'
import { makeRun } from './run.ts'
import { unmountSharedMemory } from './shared-memory.ts'
import { leaveVolumes } from './volume-use.ts'

/** Starts a container whose lock the caller holds. Whatever was made is given back when it fails. */
export async function startLocked(context: EngineContext, container: Container): Promise<void> {
  const { state } = container.record
  if (state.status === 'running') {
    if (state.paused) throw new StrataError('conflict', 'cannot start a paused container, try unpause instead')
    throw new StrataError('not_modified', '')
  }
  if (state.status === 'removing' || state.status === 'dead') {
    throw new StrataError('conflict', 'container is marked for removal and cannot be started')
  }
  const { promise: starting, resolve: settle } = Promise.withResolvers<void>()
  container.starting = starting
  try {
    const run = await makeRun(context, container)
    container.run = run
    container.stopping = false
    watchTask(context, container, run.task)
    publishContainer(context, container, 'start')
  } catch (error) {
    const exitCode = isStrataError(error) && typeof error.details.exitCode === 'number' ? error.details.exitCode : 128
    container.updateState({ exitCode, error: messageOf(error), restarting: false })
    await container.connectAttached(undefined)
    if (container.record.hostConfig.AutoRemove) await removeLocked(context, container, { volumes: true })
    throw error
  } finally {
    container.starting = undefined
    settle()
  }
}

const LONGEST_PAUSE = 60_000
const FIRST_PAUSE = 100
/** A run of at least so many milliseconds was a success as far as the pause before a restart goes. */
const STEADY_RUN = 10_000

const pauses = new WeakMap<Container, number>()

/** Sees to it that the exit of a running task is recorded and followed by what must follow. */
export function watchTask(context: EngineContext, container: Container, task: Task): void {
  container.exited = task
    .wait(context.closing.signal)
    .then(exit => onExit(context, container, exit))
    .catch(error => {
      if (context.closing.signal.aborted) return
      context.log.error({ err: error, container: container.id }, 'after the exit of a container')
    })
}

async function onExit(context: EngineContext, container: Container, exit: Exit): Promise<void> {
  using _lock = await context.locks.acquire(container.id)
  // First: the runtime forgets the exit with the rest of the task.
  const ended = { exitCode: exit.code, oomKilled: exit.oomKilled, finishedAt: timestamp(exit.at) }
  const isRecorded = recorded(context, container, () => container.update({ exit: ended }))
  await releaseRun(context, container, { keepTask: !isRecorded })
  const { record } = container
  const { endpoint: _e, sandboxPath: _s, exit: _x, ...rest } = record
  const restart = !container.stopping && shouldRestart(container, exit.code)
  const state = {
    ...record.state,
    status: 'exited' as const,
    pid: 0,
    paused: false,
    pausedToCommit: false,
    restarting: restart,
    ...ended,
  }
  recorded(context, container, () => container.replace({ ...rest, state }))
  container.run = undefined
  const ran = exit.at.getTime() - Date.parse(record.state.startedAt)
  if (exit.oomKilled) publishContainer(context, container, 'oom')
  publishContainer(context, container, 'die', {
    exitCode: String(exit.code),
    execDuration: String(Math.max(0, Math.floor(ran / 1000))),
  })
  if (restart) {
    scheduleRestart(context, container, ran)
    container.announce('exit')
    return
  }
  container.announce('exit')
  if (record.hostConfig.AutoRemove) await removeLocked(context, container, { volumes: true })
}

/**
 * Changes a container's record. When it can't be written, on a full disk above all, the change holds in this process all the
 * same: who waits for an exit hears of it. False then.
 */
function recorded(context: EngineContext, container: Container, change: () => void): boolean {
  try {
    change()
    return true
  } catch (error) {
    if (!isStrataError(error, 'unavailable')) throw error
    context.log.error({ err: error, container: container.id }, 'the exit of a container could not be recorded')
    return false
  }
}

/** Gives back what a run held: network, mounts, the runtime's state. A task that is kept tells the next engine of its exit. */
async function releaseRun(
  context: EngineContext,
  container: Container,
  { keepTask }: { readonly keepTask: boolean },
): Promise<void> {
  const forgotten = keepTask ? Promise.resolve() : context.runtime.remove(container.id)
  const results = await Promise.allSettled([
    tearDownNetwork(context, container.record),
    forgotten.then(() => context.layers.unmount(container.id)),
    forgotten.then(() => unmountSharedMemory(context, container.record)),
  ])
  for (const result of results) {
    if (result.status === 'rejected') {
      context.log.error({ err: result.reason, container: container.id }, 'releasing what a container held')
    }
  }
  leaveVolumes(context, container)
}

function shouldRestart(container: Container, exitCode: number): boolean {
  const { hostConfig, restartCount, manuallyStopped } = container.record
  if (manuallyStopped) return false
  const { Name: policy, MaximumRetryCount: most } = hostConfig.RestartPolicy
  if (policy === 'always' || policy === 'unless-stopped') return true
  return policy === 'on-failure' && exitCode !== 0 && (most === 0 || restartCount < most)
}

function scheduleRestart(context: EngineContext, container: Container, ran: number): void {
  const last = pauses.get(container)
  const pause = last === undefined || ran >= STEADY_RUN ? FIRST_PAUSE : Math.min(LONGEST_PAUSE, last * 2)
  pauses.set(container, pause)
  const canceled = new AbortController()
  container.cancelRestart = () => {
    container.cancelRestart = undefined
    canceled.abort()
    if (container.record.state.restarting) container.updateState({ restarting: false })
  }
  const signal = AbortSignal.any([canceled.signal, context.closing.signal])
  const again = async () => {
    await delay(pause, signal)
    using _lock = await context.locks.acquire(container.id, signal)
    if (!container.record.state.restarting) return
    container.cancelRestart = undefined
    container.update({ restartCount: container.record.restartCount + 1 })
    await startLocked(context, container)
  }
  again().catch(error => {
    if (isStrataError(error, 'canceled')) return
    context.log.error({ container: container.id, reason: messageOf(error) }, 'restarting a container')
    container.announce('exit')
  })
}
