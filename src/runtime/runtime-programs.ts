import { type Stats, statSync } from 'node:fs'
import { access, constants, open } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { sealProgram } from '../host/index.ts'
import { StrataError } from '../std/index.ts'
import { machineCgroups } from './cgroup-folders.ts'
import { runProgram } from './programs.ts'

/** An OCI runtime on this machine. */
export interface RuntimeProgram {
  /** As it was registered. */
  readonly path: string
  /** Where it keeps its own records. */
  readonly root: string
  /** What it is, by its own word; runc, and all that is like it, is `other`. */
  readonly family: 'crun' | 'other'
  /** A sealed copy to start instead of `path`. */
  readonly sealed?: string
  /** A mount that it must not see. */
  readonly hide?: string
}

export interface RuntimeProgramsOptions {
  /** OCI runtimes by name. */
  readonly runtimes: Readonly<Record<string, { readonly path: string }>>
  /** Folder for the runtimes' own records, one folder each. */
  readonly execRoot: string
}

interface Known {
  readonly file: string
  readonly version: string
  readonly program: RuntimeProgram
}

/** The registered OCI runtimes: each is looked at when it is first needed, and again when its file has changed. */
export class RuntimePrograms {
  readonly #options: RuntimeProgramsOptions
  readonly #known = new Map<string, Promise<Known>>()

  constructor(options: RuntimeProgramsOptions) {
    this.#options = options
  }

  /** Throws `invalid_argument` for a name that is not registered. */
  async get(name: string): Promise<RuntimeProgram> {
    const runtime = Object.hasOwn(this.#options.runtimes, name) ? this.#options.runtimes[name] : undefined
    if (runtime === undefined) throw new StrataError('invalid_argument', `unknown or invalid runtime name: ${name}`)
    const looked = this.#known.get(name)
    const known = await looked
    if (known && versionOf(known.file) === known.version) return known.program
    if (looked === this.#known.get(name)) this.#known.set(name, look(runtime.path, join(this.#options.execRoot, name)))
    return (await this.#known.get(name)!).program
  }
}

async function look(path: string, root: string): Promise<Known> {
  const file = (await findProgram(path)) ?? path
  const version = versionOf(file)
  const family = await familyOf(file)
  const { hybrid, unified } = await machineCgroups()
  // crun takes a hybrid machine for one of version 2, and finds no controllers there.
  const hide = family === 'crun' && hybrid && unified !== undefined ? { hide: unified } : {}
  return { file, version, program: { path, root, family, ...(await sealed(file)), ...hide } }
}

const elf = Buffer.from('\x7fELF')

/** Where memory can't be sealed the runtime copies itself at each start, as ever. A script has no use for it. */
async function sealed(file: string): Promise<Pick<RuntimeProgram, 'sealed'>> {
  try {
    await using handle = await open(file)
    const { buffer } = await handle.read(Buffer.alloc(elf.length), 0, elf.length, 0)
    return buffer.equals(elf) ? { sealed: sealProgram(file) } : {}
  } catch {
    return {}
  }
}

async function familyOf(file: string): Promise<RuntimeProgram['family']> {
  const { stdout } = await runProgram(file, ['--version']).catch(() => ({ stdout: '' }))
  return stdout.startsWith('crun version ') ? 'crun' : 'other'
}

async function findProgram(path: string): Promise<string | undefined> {
  const folders = path.includes('/') ? [''] : (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  for (const folder of folders) {
    const file = folder === '' ? path : join(folder, path)
    const there = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (there) return file
  }
  return undefined
}

/** Tells one file from what a package's upgrade puts in its place. */
function versionOf(file: string): string {
  const stats: Stats | undefined = statSync(file, { throwIfNoEntry: false })
  return stats ? [stats.dev, stats.ino, stats.size, stats.mtimeMs].join() : ''
}
