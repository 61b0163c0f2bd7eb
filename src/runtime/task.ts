import { access, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf, isStrataError, StrataError } from '../std/index.ts'
import { cgroupOf, isFrozen, processesOf } from './cgroup-folders.ts'
import { sized } from './console-size.ts'
import type { ExecOptions, Process, Task } from './runtime.ts'
import { controlContainer, execCommand, startSettings } from './runtime-command.ts'
import type { RuntimeProgram } from './runtime-programs.ts'
import { request } from './shim-connection.ts'
import { ShimProcess } from './shim-process.ts'
import { startShim } from './shim-start.ts'
import { containerStopped } from './start-error.ts'
import { names, readIfThere, readJson } from './task-folder.ts'

export interface TaskHome {
  readonly id: string
  readonly folder: string
  readonly shimPath: string
  readonly program: RuntimeProgram
  /** Called when the process has been started. */
  readonly started?: () => void
}

/** Milliseconds that a pause is tried for: a process that waits for a disk can't be frozen before it has its answer. */
const PAUSE_PATIENCE = 10_000
/** What runc says when it has tried for a fraction of a second; everything runs on then. */
const UNFROZEN = 'unable to freeze'

const validId = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/

/** Throws `invalid_argument` unless an ID is safe as a file name. */
export function checkId(id: string): void {
  if (!validId.test(id) || id.length > 200)
    throw new StrataError('invalid_argument', `invalid ID: ${JSON.stringify(id)}`)
}

/** The first process of a container, and the door to the container's others. */
export class ContainerTask extends ShimProcess implements Task {
  readonly #home: TaskHome

  constructor(home: TaskHome, pid?: number) {
    super(home.folder, { started: 'task', family: home.program.family }, pid)
    this.#home = home
  }

  get id(): string {
    return this.#home.id
  }

  override async start(): Promise<number> {
    const pid = await super.start()
    this.#home.started?.()
    return pid
  }

  async spec(): Promise<object> {
    const spec = await readJson(join(this.#home.folder, names.spec))
    if (typeof spec !== 'object' || spec === null) throw new StrataError('not_found', `No such task: ${this.id}`)
    return spec
  }

  async exec(options: ExecOptions): Promise<Process> {
    checkId(options.id)
    const { folder: taskFolder, program, shimPath, id } = this.#home
    const folder = join(taskFolder, names.execs, options.id)
    try {
      // Never the task's folder: a removal may be under way.
      await makeFolder(join(taskFolder, names.execs))
      if (!(await makeFolder(folder))) throw new StrataError('already_exists', `exec ${options.id} exists already`)
      await writeFile(join(folder, names.process), JSON.stringify(sized(options.process, options.io)))
      const runtime = execCommand(program, folder, id, options.io)
      await startShim({ shimPath, folder, io: options.io, runtime, ...startSettings(program) })
    } catch (error) {
      // The removal of the task takes this folder first.
      if (!(await isThere(folder))) throw containerStopped(error)
      throw error
    }
    return new ShimProcess(folder, { started: 'exec', family: program.family })
  }

  async loadExec(execId: string): Promise<Process> {
    checkId(execId)
    const folder = join(this.#home.folder, names.execs, execId)
    if ((await readIfThere(join(folder, names.process))) === undefined) {
      throw new StrataError('not_found', `No such exec instance: ${execId}`)
    }
    const { family } = this.#home.program
    return new ShimProcess(folder, { started: 'exec', family }, await currentPid(folder))
  }

  async removeExec(execId: string): Promise<void> {
    checkId(execId)
    await rm(join(this.#home.folder, names.execs, execId), { recursive: true, force: true, maxRetries: 3 })
  }

  async pause(): Promise<void> {
    const deadline = performance.now() + PAUSE_PATIENCE
    for (;;) {
      try {
        return await controlContainer(this.#home, ['pause'], this.id)
      } catch (error) {
        const passing = isStrataError(error, 'internal') && error.message === UNFROZEN
        if (!passing || performance.now() > deadline) throw error
      }
    }
  }

  resume(): Promise<void> {
    return controlContainer(this.#home, ['resume'], this.id)
  }

  async paused(): Promise<boolean> {
    const cgroup = await this.#cgroup()
    return cgroup !== undefined && isFrozen(cgroup)
  }

  async #cgroup(): Promise<string | undefined> {
    return cgroupOf(await readJson(join(this.#home.folder, names.spec)), this.id)
  }

  async pids(): Promise<number[]> {
    const cgroup = await this.#cgroup()
    return cgroup === undefined ? [] : processesOf(cgroup)
  }
}

/** False when it is there already. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 })
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** The pid of the process that a shim runs now; undefined before its start, after its exit, and when the shim is gone. */
export async function currentPid(folder: string): Promise<number | undefined> {
  const running = /^running (\d+)$/.exec((await request(folder, 'status')) ?? '')
  return running === null ? undefined : Number(running[1])
}
