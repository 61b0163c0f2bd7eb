import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { messageOf, StrataError } from '../std/index.ts'

/** A path: text (UTF-8), or bytes of any encoding without a NUL. */
export type PathLike = string | Uint8Array

/** How a process ended; exactly one of the two is a number. */
export interface ExitStatus {
  readonly code: number | null
  /** Number of the signal that ended it. */
  readonly signal: number | null
}

declare const handle: unique symbol
/** State of the native part, freed when it is collected. */
interface Handle<Kind extends string> {
  readonly [handle]: Kind
}

interface PushResult {
  readonly consumed: number
  readonly produced: number
  readonly state: number
}

/**
 * The functions of native/*.c, each documented there. Failed calls throw, or reject with, an Error like those of Node's
 * fs: `code` (errno name), `errno`, `syscall`, `path`.
 */
export interface Addon {
  mount(source: PathLike | null, target: PathLike, type: string | null, flags: number, data: PathLike | null): void
  mountIn(
    cwd: PathLike,
    source: PathLike | null,
    target: PathLike,
    type: string | null,
    flags: number,
    data: PathLike | null,
  ): void
  umount2(target: PathLike, flags: number): void
  fsMount(
    type: string,
    options: readonly (readonly [string, PathLike | null])[],
    target: PathLike,
    attributes: number,
  ): void
  isMountRoot(path: PathLike): boolean | undefined
  lgetxattr(path: PathLike, name: PathLike): Buffer | undefined
  llistxattr(path: PathLike): Buffer
  lsetxattr(path: PathLike, name: PathLike, value: Uint8Array, flags: number): void
  lremovexattr(path: PathLike, name: PathLike): void
  mknod(path: PathLike, mode: number, major: number, minor: number): void
  lutimens(
    path: PathLike,
    atimeSeconds: number,
    atimeNanoseconds: number,
    mtimeSeconds: number,
    mtimeNanoseconds: number,
  ): void
  flock(fd: number, operation: number): boolean
  syncfs(fd: number): Promise<void>
  createNetns(path: PathLike): Promise<void>
  netlinkRequest(namespace: PathLike | null, protocol: number, messages: Uint8Array): Promise<void>
  posixSpawn(
    file: string,
    args: readonly string[],
    env: readonly string[],
    cwd: PathLike | null,
    fds: readonly number[],
    setsid: boolean,
  ): number
  setSubreaper(on: boolean): void
  pipe(): [number, number]
  sealedCopy(path: PathLike): number
  memoryFile(name: PathLike): number
  close(fd: number): void
  trimMemory(): Promise<void>
  waitPid(pid: number, hold: boolean): Promise<ExitStatus>
  sha256New(): Handle<'sha256'>
  sha256Update(handle: Handle<'sha256'>, bytes: Uint8Array): Promise<void>
  sha256Digest(handle: Handle<'sha256'>): Buffer
  /** Whether the gzip functions below are there. */
  readonly isal: boolean
  inflateNew(): Handle<'inflater'>
  inflatePush(
    handle: Handle<'inflater'>,
    input: Uint8Array,
    inputOffset: number,
    output: Uint8Array,
    outputOffset: number,
  ): PushResult
  deflatePiece(
    level: number,
    input: Uint8Array,
  ): Promise<{ readonly blocks: Uint8Array<ArrayBuffer>; readonly crc: number }>
}

const location = new URL('../../native/build/strata.node', import.meta.url)
let loaded: Addon | undefined

/** The native part, loaded at the first call. Throws `unavailable` where it is not built. */
export function addon(): Addon {
  loaded ??= loadAddon(fileURLToPath(location))
  return loaded
}

/** Loads the addon at `path`; throws `unavailable` with what to do when it can't be. */
export function loadAddon(path: string): Addon {
  try {
    return createRequire(import.meta.url)(path) as Addon
  } catch (error) {
    throw new StrataError(
      'unavailable',
      `the native part of strata is not there (${messageOf(error)}): run scripts/build-native`,
      {
        cause: error,
      },
    )
  }
}
