import { duplexPair } from 'node:stream'
import type { ExecCreateRequest, ExecInspect } from '../apitypes/index.ts'
import { createExecProcess } from '../runtime/index.ts'
import { isStrataError, StrataError } from '../std/index.ts'
import { type Attachment, join } from './attach.ts'
import type { Container, Run } from './container.ts'
import { type EngineContext, findSettled, publishContainer } from './context.ts'
import type { Exec } from './exec-registry.ts'
import { newId } from './random-name.ts'

export interface ConsoleSize {
  readonly height: number
  readonly width: number
}

/** Registers a process for a running container; nothing runs yet. Throws for a user that the container does not know. */
export async function createExec(
  context: EngineContext,
  containerId: string,
  request: ExecCreateRequest,
): Promise<{ Id: string }> {
  const container = await findSettled(context, containerId)
  const run = requireExecutable(container, containerId)
  if ((request.Cmd ?? []).length === 0) throw new StrataError('invalid_argument', 'No exec command specified')
  const spec = await createExecProcess({
    spec: run.spec,
    rootfs: run.rootfs,
    groupAdd: container.record.hostConfig.GroupAdd ?? [],
    args: request.Cmd ?? [],
    env: request.Env ?? [],
    terminal: request.Tty,
    privileged: request.Privileged,
    ...(request.User ? { user: request.User } : {}),
    ...(request.WorkingDir ? { cwd: request.WorkingDir } : {}),
  })
  const id = newId()
  const ended = Promise.withResolvers<void>()
  const fresh = { state: 'created', process: undefined, pid: 0, exitCode: null, ended } as const
  context.execs.set(id, { id, container, request, spec, ...fresh })
  publishContainer(context, container, `exec_create: ${commandOf(request)}`, { execID: id })
  return { Id: id }
}

/** The command as events show it: a space follows the program even when it has no arguments. */
function commandOf({ Cmd }: ExecCreateRequest): string {
  const [program = '', ...args] = Cmd ?? []
  return `${program} ${args.join(' ')}`
}

function requireExecutable(container: Container, name: string): Run {
  const { id, state } = container.record
  if (state.restarting) {
    throw new StrataError('conflict', `Container ${name} is restarting, wait until the container is running`)
  }
  if (state.status !== 'running' || !container.run) throw new StrataError('conflict', `container ${id} is not running`)
  if (state.paused) throw new StrataError('conflict', `Container ${name} is paused, unpause the container before exec`)
  return container.run
}

function findExec(context: EngineContext, id: string): Exec {
  const exec = context.execs.get(id)
  if (exec) return exec
  const matches = [...context.execs.keys()].filter(key => key.startsWith(id))
  if (matches.length === 1 && id !== '') return context.execs.get(matches[0]!)!
  throw new StrataError('not_found', `No such exec instance: ${id}`)
}

/** Starts an exec with nobody attached. */
export async function startExec(context: EngineContext, id: string, size: ConsoleSize | undefined): Promise<void> {
  const exec = findExec(context, id)
  requireFresh(exec)
  await prepare(context, exec, size)
  await begin(context, exec)
}

/** An attachment whose connection starts the exec. */
export function attachExec(context: EngineContext, id: string, size: ConsoleSize | undefined): Attachment {
  const exec = findExec(context, id)
  requireFresh(exec)
  const { request } = exec
  return {
    tty: request.Tty,
    stdinOnce: true,
    ...(request.DetachKeys ? { detachKeys: request.DetachKeys } : {}),
    async connect() {
      const process = await prepare(context, exec, size)
      const [outer, inner] = duplexPair()
      const streams = { stdin: request.AttachStdin, stdout: request.AttachStdout, stderr: request.AttachStderr }
      // Only an attached process is started: nothing of its output may be missed.
      const stdio = await orFailed(context, exec, process.attach(streams))
      join(stdio, streams, inner, exec.ended.promise).catch(() => inner.destroy())
      await begin(context, exec)
      return outer
    },
    detached() {
      publishContainer(context, exec.container, 'exec_detach', { execID: exec.id })
    },
  }
}

function requireFresh(exec: Exec): void {
  requireExecutable(exec.container, exec.container.id)
  if (exec.state === 'created') return
  const has = exec.state === 'running' ? 'has already started' : 'has already run'
  throw new StrataError('conflict', `Error: Exec command ${exec.id} ${has}`)
}

async function prepare(
  context: EngineContext,
  exec: Exec,
  size: ConsoleSize | undefined,
): Promise<NonNullable<Exec['process']>> {
  const { container, request } = exec
  const run = requireExecutable(container, container.id)
  exec.state = 'running'
  const terminalSize = size ?? sizeOf(request.ConsoleSize)
  const preparing = run.task.exec({
    id: exec.id,
    process: exec.spec,
    io: {
      terminal: request.Tty,
      stdin: request.AttachStdin,
      stdinOnce: true,
      ...(terminalSize ? { size: { columns: terminalSize.width, rows: terminalSize.height } } : {}),
    },
  })
  exec.process = await orFailed(context, exec, preparing)
  return exec.process
}

/** The outcome of a step towards the start of an exec; one that fails is the end of the exec. */
async function orFailed<T>(context: EngineContext, exec: Exec, step: Promise<T>): Promise<T> {
  try {
    return await step
  } catch (error) {
    failed(exec, error)
    await forget(context, exec)
    throw error
  }
}

/** A container may run for years: nothing of an exec that has ended stays on the disk. */
async function forget(context: EngineContext, exec: Exec): Promise<void> {
  try {
    await exec.container.run?.task.removeExec(exec.id)
  } catch (error) {
    context.log.warn({ err: error, exec: exec.id }, 'removing an exec that has ended')
  }
}

function sizeOf(size: readonly [number, number] | undefined): ConsoleSize | undefined {
  return size && size[0] > 0 && size[1] > 0 ? { height: size[0], width: size[1] } : undefined
}

function failed(exec: Exec, error: unknown): void {
  exec.state = 'exited'
  exec.exitCode = isStrataError(error) && typeof error.details.exitCode === 'number' ? error.details.exitCode : 126
  exec.ended.resolve()
}

async function begin(context: EngineContext, exec: Exec): Promise<void> {
  const { container, request } = exec
  const process = exec.process!
  publishContainer(context, container, `exec_start: ${commandOf(request)}`, { execID: exec.id })
  exec.pid = await orFailed(context, exec, process.start())
  process
    .wait(context.closing.signal)
    .then(exit => {
      exec.state = 'exited'
      exec.exitCode = exit.code
      exec.pid = 0
      publishContainer(context, container, 'exec_die', { execID: exec.id, exitCode: String(exit.code) })
      void forget(context, exec)
    })
    .catch(error => {
      if (context.closing.signal.aborted) return
      exec.state = 'exited'
      exec.exitCode = 137
      context.log.warn({ err: error, exec: exec.id }, 'waiting for an exec')
    })
    .finally(exec.ended.resolve)
}

export function inspectExec(context: EngineContext, id: string): ExecInspect {
  const exec = findExec(context, id)
  const { request } = exec
  const [entrypoint = '', ...args] = request.Cmd ?? []
  return {
    ID: exec.id,
    Running: exec.state === 'running',
    ExitCode: exec.exitCode,
    ProcessConfig: {
      tty: request.Tty,
      entrypoint,
      arguments: args,
      privileged: request.Privileged,
      ...(request.User ? { user: request.User } : {}),
    },
    OpenStdin: request.AttachStdin,
    OpenStderr: request.AttachStderr,
    OpenStdout: request.AttachStdout,
    CanRemove: exec.state === 'exited',
    ContainerID: exec.container.id,
    DetachKeys: request.DetachKeys,
    Pid: exec.pid,
  }
}

export async function resizeExec(context: EngineContext, id: string, size: ConsoleSize): Promise<void> {
  const exec = findExec(context, id)
  if (exec.state !== 'running' || !exec.process) {
    throw new StrataError('conflict', `Exec command ${exec.id} is not running`)
  }
  await exec.process.resize({ columns: size.width, rows: size.height })
}
