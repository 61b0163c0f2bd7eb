import { duplexPair } from 'node:stream'
import type { ExecCreateRequest, ExecInspect } from '../apitypes/index.ts'
import { createExecProcess } from '../runtime/index.ts'
import { isStrataError, StrataError } from '../std/index.ts'
import { type Attachment, join } from './attach.ts'
import type { Container } from './container.ts'
import { type EngineContext, publishContainer } from './context.ts'
import type { Exec } from './exec-registry.ts'
import { newId } from './random-name.ts'

export interface ConsoleSize {
  readonly height: number
  readonly width: number
}

/** Registers a process for a running container; nothing runs yet. */
export function createExec(context: EngineContext, containerId: string, request: ExecCreateRequest): { Id: string } {
  const container = context.containers.find(containerId)
  requireExecutable(container)
  if ((request.Cmd ?? []).length === 0) throw new StrataError('invalid_argument', 'No exec command specified')
  const id = newId()
  context.execs.set(id, { id, container, request, state: 'created', process: undefined, pid: 0, exitCode: null })
  publishContainer(context, container, `exec_create: ${(request.Cmd ?? []).join(' ')}`, { execID: id })
  return { Id: id }
}

function requireExecutable(container: Container): void {
  const { id, state } = container.record
  if (state.status !== 'running') throw new StrataError('conflict', `container ${id} is not running`)
  if (state.paused) throw new StrataError('conflict', `container ${id} is paused, unpause the container before exec`)
  if (state.restarting) {
    throw new StrataError('conflict', `container ${id} is restarting, wait until the container is running`)
  }
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
  await prepare(exec, size)
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
      const process = await prepare(exec, size)
      const [outer, inner] = duplexPair()
      const joined = join(
        process,
        { stdin: request.AttachStdin, stdout: request.AttachStdout, stderr: request.AttachStderr },
        inner,
      )
      joined.catch(() => inner.destroy())
      await begin(context, exec)
      return outer
    },
    detached() {
      publishContainer(context, exec.container, 'exec_detach', { execID: exec.id })
    },
  }
}

function requireFresh(exec: Exec): void {
  requireExecutable(exec.container)
  if (exec.state === 'created') return
  const has = exec.state === 'running' ? 'has already started' : 'has already run'
  throw new StrataError('conflict', `Error: Exec command ${exec.id} ${has}`)
}

async function prepare(exec: Exec, size: ConsoleSize | undefined): Promise<NonNullable<Exec['process']>> {
  exec.state = 'running'
  const { container, request } = exec
  const { run } = container
  if (!run) throw new StrataError('conflict', `container ${container.id} is not running`)
  try {
    const terminalSize = size ?? sizeOf(request.ConsoleSize)
    exec.process = await run.task.exec({
      id: exec.id,
      process: await createExecProcess({
        spec: run.spec,
        rootfs: run.rootfs,
        groupAdd: container.record.hostConfig.GroupAdd ?? [],
        args: request.Cmd ?? [],
        env: request.Env ?? [],
        terminal: request.Tty,
        privileged: request.Privileged,
        ...(request.User ? { user: request.User } : {}),
        ...(request.WorkingDir ? { cwd: request.WorkingDir } : {}),
      }),
      io: {
        terminal: request.Tty,
        stdin: request.AttachStdin,
        stdinOnce: true,
        ...(terminalSize ? { size: { columns: terminalSize.width, rows: terminalSize.height } } : {}),
      },
    })
    return exec.process
  } catch (error) {
    failed(exec, error)
    throw error
  }
}

function sizeOf(size: readonly [number, number] | undefined): ConsoleSize | undefined {
  return size && size[0] > 0 && size[1] > 0 ? { height: size[0], width: size[1] } : undefined
}

function failed(exec: Exec, error: unknown): void {
  exec.state = 'exited'
  exec.exitCode = isStrataError(error) && typeof error.details.exitCode === 'number' ? error.details.exitCode : 126
}

async function begin(context: EngineContext, exec: Exec): Promise<void> {
  const { container, request } = exec
  const process = exec.process!
  try {
    exec.pid = await process.start()
  } catch (error) {
    failed(exec, error)
    throw error
  }
  publishContainer(context, container, `exec_start: ${(request.Cmd ?? []).join(' ')}`, { execID: exec.id })
  process
    .wait(context.closing.signal)
    .then(exit => {
      exec.state = 'exited'
      exec.exitCode = exit.code
      exec.pid = 0
      publishContainer(context, container, 'exec_die', { execID: exec.id, exitCode: String(exit.code) })
    })
    .catch(error => {
      if (context.closing.signal.aborted) return
      exec.state = 'exited'
      exec.exitCode = 137
      context.log.warn({ err: error, exec: exec.id }, 'waiting for an exec')
    })
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
