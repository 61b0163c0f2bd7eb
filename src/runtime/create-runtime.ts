import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KeyedLock, StrataError } from '../std/index.ts'
import { cgroupOf, oomFile, processesFile } from './cgroup-folders.ts'
import { CompiledFilters } from './compiled-filters.ts'
import { sized } from './console-size.ts'
import { crunSpec } from './crun-spec.ts'
import { removeTask } from './remove-task.ts'
import type { CreateTaskOptions, Runtime, Task } from './runtime.ts'
import { runCommand, startSettings } from './runtime-command.ts'
import { RuntimePrograms } from './runtime-programs.ts'
import { startShim } from './shim-start.ts'
import { ContainerTask, checkId, currentPid } from './task.ts'
import { names, readIdentity, readJson, type TaskRecord } from './task-folder.ts'

export interface RuntimeOptions {
  /** Folder of this engine's tasks, best on a tmpfs: nothing in it is of use after a reboot. Made when missing. */
  readonly execRoot: string
  /** The compiled shim. */
  readonly shimPath: string
  /** OCI runtimes by name: `{ runc: { path: 'runc' } }`; a path without a slash is looked up in PATH. */
  readonly runtimes: Readonly<Record<string, { readonly path: string }>>
  readonly defaultRuntime: string
}

export function createRuntime(options: RuntimeOptions): Runtime {
  return new TaskFolders(options)
}

class TaskFolders implements Runtime {
  readonly #options: RuntimeOptions
  readonly #tasks: string
  readonly #programs: RuntimePrograms
  readonly #filters = new CompiledFilters()
  readonly #lock = new KeyedLock()

  constructor(options: RuntimeOptions) {
    this.#options = options
    this.#programs = new RuntimePrograms(options)
    this.#tasks = join(options.execRoot, 'tasks')
  }

  async create(options: CreateTaskOptions): Promise<Task> {
    checkId(options.id)
    using _turn = await this.#lock.acquire(options.id)
    return await this.#create(options)
  }

  async #create({ id, spec, io, log, runtime }: CreateTaskOptions): Promise<Task> {
    const folder = join(this.#tasks, id)
    const record: TaskRecord = { runtime: runtime ?? this.#options.defaultRuntime, io }
    const program = await this.#programs.get(record.runtime)
    const whole = { ...spec, process: sized((spec as { readonly process: object }).process, io) }
    const told = program.family === 'crun' ? this.#filters.withFilter(crunSpec(whole)) : whole
    await mkdir(this.#tasks, { recursive: true, mode: 0o711 })
    try {
      await mkdir(folder, { mode: 0o700 })
    } catch (cause) {
      throw new StrataError('already_exists', `task ${id} exists already`, { cause })
    }
    try {
      await Promise.all([
        writeFile(join(folder, names.record), JSON.stringify(record)),
        writeFile(join(folder, names.spec), JSON.stringify(told)),
      ])
      const cgroup = cgroupOf(spec, id)
      const oom = cgroup && (await oomFile(cgroup))
      const shared = cgroup && !hasOwnPids(spec) ? await processesFile(cgroup) : undefined
      const command = runCommand(program, folder, id, io)
      const { shimPath } = this.#options
      await startShim({
        shimPath,
        folder,
        io,
        runtime: command,
        ...startSettings(program),
        ...(log && { log }),
        ...(oom && { oomFile: oom }),
        ...(shared && { killFile: shared }),
      })
      const started = () => void (program.family === 'crun' && this.#filters.learn(told, join(program.root, id)))
      return new ContainerTask({ id, folder, shimPath, program, started })
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }

  async load(id: string): Promise<Task> {
    checkId(id)
    const folder = join(this.#tasks, id)
    const record = await readRecord(folder)
    if (record === undefined) throw new StrataError('not_found', `No such task: ${id}`)
    const program = await this.#programs.get(record.runtime)
    const pid = (await currentPid(folder)) ?? (await readIdentity(join(folder, names.started)))?.pid
    return new ContainerTask({ id, folder, shimPath: this.#options.shimPath, program }, pid)
  }

  async remove(id: string): Promise<void> {
    checkId(id)
    using _turn = await this.#lock.acquire(id)
    const folder = join(this.#tasks, id)
    const record = await readRecord(folder)
    const program = await this.#programs.get(record?.runtime ?? this.#options.defaultRuntime)
    await removeTask({ folder, id }, { shimPath: this.#options.shimPath, program })
  }

  async list(): Promise<string[]> {
    return readdir(this.#tasks).catch(() => [])
  }
}

async function readRecord(folder: string): Promise<TaskRecord | undefined> {
  return (await readJson(join(folder, names.record))) as TaskRecord | undefined
}

function hasOwnPids(spec: unknown): boolean {
  const namespaces = (spec as { linux?: { namespaces?: { type: string; path?: string }[] } }).linux?.namespaces ?? []
  return namespaces.some(({ type, path }) => type === 'pid' && path === undefined)
}
