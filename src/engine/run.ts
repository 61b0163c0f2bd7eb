import type { Rootfs } from '../layers/index.ts'
import type { ProcessIo } from '../runtime/index.ts'
import { createSpec } from '../runtime/index.ts'
import { resolveInRoot, StrataError } from '../std/index.ts'
import { type Container, type ContainerRecord, never, type Run } from './container.ts'
import { type SpecContext, specOptions } from './container-spec.ts'
import type { EngineContext } from './context.ts'
import { now } from './create.ts'
import { makeInitFiles } from './init-files.ts'
import { logPathOf, setUpNetwork, tearDownNetwork } from './network-setup.ts'
import { joinVolumes, leaveVolumes } from './volume-use.ts'

/** Mounts, joins the network and starts the process of a container; gives everything back when that fails. */
export async function makeRun(context: EngineContext, container: Container): Promise<Run> {
  const undo: (() => Promise<void>)[] = []
  try {
    await joinVolumes(context, container)
    undo.push(async () => leaveVolumes(context, container))
    undo.push(() => context.layers.unmount(container.id))
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
    const spec = await specOf(context, record, { rootfs: rootfs.path, folder, networkNamespace: namespace })
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

/** Mounts the rootfs, with all in it that must be there before the process. */
async function mountRootfs(context: EngineContext, container: Container): Promise<Rootfs> {
  const rootfs = await context.layers.mount(container.id)
  if (container.record.state.startedAt === never) await makeInitFiles(rootfs.path)
  await fillVolumes(context, container, rootfs.path)
  return rootfs
}

/** The OCI spec of a container whose rootfs and network are there. */
export function specOf(
  context: EngineContext,
  record: ContainerRecord,
  made: Pick<SpecContext, 'rootfs' | 'folder' | 'networkNamespace'>,
): Promise<object> {
  const options = specOptions(record, {
    ...made,
    cgroupParent: context.config.cgroupParent,
    initPath: context.config.initPath,
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
  const options = { ...context.config.logOpts, ...own }
  return {
    path: logPathOf(context, container.id),
    maxSize: parseSize(options['max-size'] ?? '0'),
    maxFiles: Math.max(1, Number(options['max-file'] ?? '1')),
  }
}

/** `10m` -> bytes, as Docker's units package reads sizes: k, m, g, t are powers of 1024. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(text.trim())
  if (!match) {
    if (text === '-1') return 0
    throw new StrataError('invalid_argument', `invalid size: '${text}'`)
  }
  const power = ' kmgt'.indexOf((match[2] || ' ').toLowerCase())
  return Math.floor(Number(match[1]) * 1024 ** power)
}

/** How many rotated log files there may be besides the current one. */
export function rotatedLogs(context: EngineContext, container: Container): number {
  return (logOptions(context, container)?.maxFiles ?? 1) - 1
}
