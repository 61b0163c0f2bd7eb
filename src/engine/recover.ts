import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Endpoint } from '../network/index.ts'
import type { Task } from '../runtime/index.ts'
import { errnoOf, isStrataError } from '../std/index.ts'
import type { Container } from './container.ts'
import type { EngineContext } from './context.ts'
import { now } from './create.ts'
import { removeLocked } from './remove-locked.ts'
import { unmountSharedMemory } from './shared-memory.ts'
import { startContainer } from './start.ts'
import { watchTask } from './supervise.ts'

/**
 * Makes one of what an earlier engine left, however it ended: running tasks are adopted with their mounts and endpoints,
 * exits that nobody saw are recorded, half-made and half-removed things are cleared away, restart policies are followed.
 */
export async function recover(context: EngineContext): Promise<void> {
  const tasks = new Map<Container, Task>()
  for (const id of await context.runtime.list()) {
    const container = context.containers.all().find(other => other.id === id)
    const task = container && (await loadStarted(context, container))
    if (container && task) tasks.set(container, task)
    else await attempt(context, id, 'clearing away what is left of a task', () => context.runtime.remove(id))
  }
  const adopted = new Set([...tasks.keys()].map(container => container.id))
  const { unmounted, dropped } = await context.layers.recover(adopted)
  if (unmounted.length > 0) context.log.info({ unmounted }, 'unmounted what an earlier engine left')
  if (dropped.length > 0)
    context.log.warn({ dropped }, 'layers lost in a power cut were dropped; pull their images again')

  const endpoints = new Map<string, Endpoint>()
  for (const { record } of tasks.keys()) if (record.endpoint) endpoints.set(record.id, record.endpoint)
  await context.bridge.recover(endpoints)
  for (const id of await context.sandboxes.list()) if (!adopted.has(id)) await context.sandboxes.remove(id)

  for (const container of context.containers.all()) {
    const task = tasks.get(container)
    if (task && (await attempt(context, container.id, 'adopting a container', () => adopt(context, container, task)))) {
      continue
    }
    // What runs without anybody to look after it is worse than what ended.
    if (task) await attempt(context, container.id, 'ending a container', () => context.runtime.remove(container.id))
    await attempt(context, container.id, 'unmounting shared memory', () =>
      unmountSharedMemory(context, container.record),
    )
    settle(container)
  }
  await finishRemovals(context)
  await sweepFolders(context)
  await sweepVolumes(context)
  context.collector.start()
  for (const container of context.containers.all()) {
    if (shouldStartAgain(container)) {
      startContainer(context, container.id).catch(error => {
        context.log.error({ err: error, container: container.id }, 'starting a container again')
      })
    }
  }
}

/** What goes wrong with one container keeps neither the others nor the engine from coming up. True when nothing did. */
async function attempt(
  context: EngineContext,
  container: string,
  what: string,
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    context.log.error({ err: error, container }, what)
    return false
  }
}

/** The task of a container if its process was ever started. */
async function loadStarted(context: EngineContext, container: Container): Promise<Task | undefined> {
  try {
    const task = await context.runtime.load(container.id)
    return task.pid === undefined ? undefined : task
  } catch (error) {
    if (isStrataError(error, 'not_found')) return undefined
    throw error
  }
}

async function adopt(context: EngineContext, container: Container, task: Task): Promise<void> {
  const { record } = container
  const rootfs = await context.layers.mount(record.id)
  // Paused for a commit that the earlier engine did not live to finish.
  const goesOn = record.state.pausedToCommit === true && (await task.paused())
  if (goesOn) await task.resume()
  // A crash between the start and its record leaves a running task of a container that is recorded as created.
  container.updateState({
    status: 'running',
    restarting: false,
    pid: task.pid ?? 0,
    paused: !goesOn && (await task.paused()),
    pausedToCommit: false,
    ...(record.state.status === 'running' ? {} : { startedAt: now(), exitCode: 0, error: '' }),
  })
  container.run = { task, spec: await task.spec(), rootfs: rootfs.path }
  watchTask(context, container, task)
  if (await task.exited()) await container.exited
}

/** Records the end of a run of which nothing is left. */
function settle(container: Container): void {
  const { state, endpoint, sandboxPath, exit } = container.record
  const ran = state.status === 'running'
  if (!ran && !state.restarting && endpoint === undefined && sandboxPath === undefined) return
  const { endpoint: _e, sandboxPath: _s, exit: _x, ...rest } = container.record
  const ended = exit ?? { exitCode: 255, oomKilled: false, finishedAt: now() }
  container.replace({
    ...rest,
    state: {
      ...state,
      restarting: false,
      paused: false,
      pausedToCommit: false,
      pid: 0,
      ...(ran && { status: 'exited', ...ended }),
    },
  })
}

async function finishRemovals(context: EngineContext): Promise<void> {
  for (const container of context.containers.all()) {
    const { state, hostConfig } = container.record
    // A container that was to go after its run has nobody left who would start it: dockerd removes it as well.
    if (state.status === 'removing' || (hostConfig.AutoRemove && !container.run)) {
      await attempt(context, container.id, 'removing a container', () =>
        removeLocked(context, container, { volumes: true }),
      )
    }
  }
  const known = new Set(context.containers.all().map(container => container.id))
  for await (const { id } of context.layers.writables()) {
    if (!known.has(id)) {
      await attempt(context, id, 'removing what a container wrote', () => context.layers.removeWritable(id))
    }
  }
}

async function sweepFolders(context: EngineContext): Promise<void> {
  const root = join(context.config.dataRoot, 'containers')
  let names: string[]
  try {
    names = await readdir(root)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return
    throw error
  }
  const known = new Set(context.containers.all().map(container => container.id))
  for (const name of names) if (!known.has(name)) await rm(join(root, name), { recursive: true, force: true })
}

/** Anonymous volumes of containers that came to nothing. */
async function sweepVolumes(context: EngineContext): Promise<void> {
  const used = new Set(context.containers.all().flatMap(({ record }) => record.mounts.map(({ name }) => name)))
  for (const name of context.volumes.unclaimed()) {
    if (used.has(name)) context.volumes.claim(name)
    else await context.volumes.remove(name)
  }
}

function shouldStartAgain(container: Container): boolean {
  const { state, hostConfig, manuallyStopped } = container.record
  if (container.running || state.status === 'created') return false
  const policy = hostConfig.RestartPolicy.Name
  if (policy === 'always') return true
  if (policy === 'unless-stopped') return !manuallyStopped
  return policy === 'on-failure' && !manuallyStopped && state.exitCode !== 0
}
