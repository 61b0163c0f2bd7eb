import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
} from 'node:fs'
import { getXattr, listXattrs } from '../../host/index.ts'
import { errnoOf } from '../../std/index.ts'
import { below } from '../changes/lower.ts'
import { byBytes } from '../tree/finish.ts'

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_NOATIME } = constants

/**
 * A folder of a tree that somebody else may be changing. All that is done in it goes by its descriptor and never follows a
 * link: whoever puts a link in the place of a folder or file leads nobody out of the tree. Names are byte strings; what is
 * gone when it is asked for is undefined.
 */
export interface OpenFolder extends Disposable {
  readonly self: BigIntStats
  /** In the order of their bytes. */
  names(): string[]
  stat(name: string): BigIntStats | undefined
  target(name: string): string | undefined
  xattrs(name: string): [name: string, value: Buffer][]
  xattr(name: string, attribute: string): Buffer | undefined
  folder(name: string): OpenFolder | undefined
  file(name: string): OpenFile | undefined
}

export interface OpenFile extends Disposable {
  readonly fd: number
  readonly self: BigIntStats
}

/** Opens the top of a tree. Throws ENOENT. */
export function openFolder(path: string): OpenFolder {
  return folderOf(openSync(path, O_RDONLY | O_DIRECTORY))
}

function folderOf(fd: number): OpenFolder {
  const here = Buffer.from(`/proc/self/fd/${fd}`)
  const at = (name: string) => below(here, name)
  return {
    self: fstatSync(fd, { bigint: true }),
    names: () => readdirSync(here, { encoding: 'latin1' }).sort(byBytes),
    stat: name => ifThere(() => lstatSync(at(name), { bigint: true })),
    target: name => ifThere(() => readlinkSync(at(name), 'latin1')),
    xattrs: name =>
      ifThere(() =>
        listXattrs(at(name))
          .sort(byBytes)
          .flatMap(each => {
            const value = getXattr(at(name), Buffer.from(each, 'latin1'))
            return value ? [[each, value] as [string, Buffer]] : []
          }),
      ) ?? [],
    xattr: (name, attribute) => ifThere(() => getXattr(at(name), attribute)),
    folder(name) {
      const inner = ifThere(() => openSync(at(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOATIME))
      return inner === undefined ? undefined : folderOf(inner)
    },
    file(name) {
      const inner = ifThere(() => openSync(at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME))
      if (inner === undefined) return undefined
      const self = fstatSync(inner, { bigint: true })
      if (self.isFile()) return { fd: inner, self, [Symbol.dispose]: () => closeSync(inner) }
      closeSync(inner)
      return undefined
    },
    [Symbol.dispose]: () => closeSync(fd),
  }
}

/** ELOOP and ENOTDIR: a link, or something else, has taken its place. ENXIO: a socket. */
const GONE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'])

function ifThere<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch (error) {
    if (GONE.has(errnoOf(error) ?? '')) return undefined
    throw error
  }
}
