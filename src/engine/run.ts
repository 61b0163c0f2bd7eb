import type { Rootfs } from '../layers/index.ts'
import type { ProcessIo } from '../runtime/index.ts'
import { createSpec } from '../runtime/index.ts'
import { isStrataError, resolveInRoot, StrataError } from '../std/index.ts'
import { type Container, type ContainerRecord, never, type Run } from './container.ts'
import { type SpecContext, specOptions } from './container-spec.ts'
import type { EngineContext } from './context.ts'
import { now } from './create.ts'
import { makeInitFiles } from './init-files.ts'
import { linksOf, linkVariables } from './links.ts'
import { logLimits } from './log-options.ts'
import { logPathOf, setUpNetwork, tearDownNetwork } from './network-setup.ts'
import { mountSharedMemory, sharedMemoryOf, unmountSharedMemory } from './shared-memory.ts'
import { joinVolumes, leaveVolumes } from './volume-use.ts'

/** Mounts, joins the network and starts the process of a container; gives everything back when that fails. */
export async function makeRun(context: EngineContext, container: Container): Promise<Run> {
  const undo: (() => Promise<void>)[] = []
  try {
    await joinVolumes(context, container)
    undo.push(async () => leaveVolumes(context, container))
    undo.push(() => context.layers.unmount(container.id))
    undo.push(() => unmountSharedMemory(context, container.record))
    await mountSharedMemory(context, container.record)
    const [rootfs, network] = await bothOrNeither(
      mountRootfs(context, container),
      setUpNetwork(context, container.record),
      {
        undoSecond: setup => tearDownNetwork(context, { ...container.record, ...setup }),
      },
    )
    const { namespace, folder, ...joined } = network
    undo.push(async () => {
      await tearDownNetwork(context, container.record)
      const { endpoint: _e, sandboxPath: _s, ...rest } = container.record
      container.replace(rest)
    })
    container.update(joined)

    const { record } = container
    const made = { rootfs: rootfs.path, folder, networkNamespace: namespace }
    refuseDevices(record)
    const spec = await specOf(context, record, made).catch(asOwnFault)
    undo.push(() => context.runtime.remove(record.id))
    const log = logOptions(context, container)
    const task = await context.runtime.create({
      id: record.id,
      spec,
      io: processIo(container),
      ...(log ? { log } : {}),
      ...(record.hostConfig.Runtime ? { runtime: record.hostConfig.Runtime } : {}),
    })
    await container.connectAttached(task)
    const pid = await task.start()
    container.updateState({
      status: 'running',
      pid,
      exitCode: 0,
      error: '',
      oomKilled: false,
      paused: false,
      restarting: false,
      startedAt: now(),
    })
    return { task, spec, rootfs: rootfs.path }
  } catch (error) {
    for (const step of undo.reverse()) {
      await step().catch(failure =>
        context.log.error({ err: failure, container: container.id }, 'undoing a failed start'),
      )
    }
    throw error
  }
}

/** No driver of devices is there. */
function refuseDevices({ hostConfig }: ContainerRecord): void {
  const [device] = hostConfig.DeviceRequests ?? []
  if (!device) return
  const wanted = (device.Capabilities ?? []).map(all => `[${all.join(' ')}]`).join(' ')
  throw new StrataError('internal', `could not select device driver "${device.Driver}" with capabilities: [${wanted}]`)
}

/** A start asks for nothing that can be wrong: what its container can't have is told as the engine's failure. */
function asOwnFault(error: unknown): never {
  if (!isStrataError(error, 'invalid_argument')) throw error
  throw new StrataError('internal', error.message, { cause: error, details: error.details })
}

/** Mounts the rootfs, with all in it that must be there before the process. */
async function mountRootfs(context: EngineContext, container: Container): Promise<Rootfs> {
  const rootfs = await context.layers.mount(container.id)
  if (container.record.state.startedAt === never) await makeInitFiles(rootfs.path)
  await fillVolumes(context, container, rootfs.path)
  return rootfs
}

/** The OCI spec of a container whose rootfs and network are there. */
function specOf(
  context: EngineContext,
  record: ContainerRecord,
  made: Pick<SpecContext, 'rootfs' | 'folder' | 'networkNamespace'>,
): Promise<object> {
  const options = specOptions(record, {
    ...made,
    cgroupParent: context.config.cgroupParent,
    initPath: context.config.initPath,
    linkVariables: linkVariables(record, record.endpoint ? linksOf(context, record) : []),
    sharedMemory: () => sharedMemoryOf(context, record),
    peer: name => context.containers.find(name),
  })
  return createSpec(options)
}

/** Does two things at once; when the first fails, the second is undone. */
async function bothOrNeither<A, B>(
  first: Promise<A>,
  second: Promise<B>,
  { undoSecond }: { readonly undoSecond: (result: B) => Promise<void> },
): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second])
  if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value]
  if (b.status === 'fulfilled') await undoSecond(b.value)
  throw a.status === 'rejected' ? a.reason : (b as PromiseRejectedResult).reason
}

async function fillVolumes(context: EngineContext, container: Container, rootfs: string): Promise<void> {
  for (const mount of container.record.mounts) {
    if (mount.type !== 'volume' || !mount.copy || mount.name === undefined) continue
    await context.volumes.populate(mount.name, await resolveInRoot(rootfs, mount.destination))
  }
}

function processIo(container: Container): ProcessIo {
  const { config, hostConfig } = container.record
  const [rows, columns] = hostConfig.ConsoleSize
  return {
    terminal: config.Tty,
    stdin: config.OpenStdin,
    stdinOnce: config.StdinOnce,
    ...(rows > 0 && columns > 0 ? { size: { columns, rows } } : {}),
  }
}

function logOptions(
  context: EngineContext,
  container: Container,
): { path: string; maxSize: number; maxFiles: number } | undefined {
  const { Type: type, Config: own } = container.record.hostConfig.LogConfig
  if (type === 'none') return undefined
  return { path: logPathOf(context, container.id), ...logLimits({ ...context.config.logOpts, ...own }) }
}

/** How many rotated log files there may be besides the current one. */
export function rotatedLogs(context: EngineContext, container: Container): number {
  return (logOptions(context, container)?.maxFiles ?? 1) - 1
}
