import {
  chmodSync,
  closeSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  symlinkSync,
} from 'node:fs'
import { makeNode, setTimes, setXattr } from '../../host/index.ts'
import { errnoOf, StrataError } from '../../std/index.ts'
import { below } from '../changes/lower.ts'
import { writeAll } from '../scan-tar.ts'
import { type Node, S_IFBLK, S_IFCHR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from '../tree/node.ts'

const PIECE = 1 << 20

/**
 * Makes a finished tree real in `target`, an empty folder that nobody else can get at; file data come from the tars,
 * by the number of their layer.
 *
 * Nothing can be written outside: the paths are those of the tree, in which all that leads anywhere is a directory that
 * was made here; links of the archive were resolved inside the tree and are never followed on disk.
 */
export function unpackTree(root: Node, target: string, tars: readonly number[]): void {
  const buffer = Buffer.allocUnsafe(PIECE)
  const linked = new Map<Node, Buffer>()

  const unpack = (node: Node, path: Buffer): void => {
    const before = linked.get(node)
    if (before) {
      linkSync(before, path)
      return
    }
    make(node, path)
    setAttributes(node, path)
    if (node.children) for (const [name, child] of node.children) unpack(child, below(path, name))
    setTime(node, path)
    if (node.links > 1 && !node.children) linked.set(node, path)
  }

  const make = (node: Node, path: Buffer): void => {
    switch (node.mode & S_IFMT) {
      case S_IFREG:
        makeFile(node, path)
        break
      case S_IFLNK:
        symlinkSync(Buffer.from(node.target!, 'latin1'), path)
        break
      case S_IFCHR:
        makeNode(path, { type: 'char', mode: 0, major: node.major, minor: node.minor })
        break
      case S_IFBLK:
        makeNode(path, { type: 'block', mode: 0, major: node.major, minor: node.minor })
        break
      case S_IFIFO:
        makeNode(path, { type: 'fifo', mode: 0 })
        break
      default:
        mkdirSync(path, 0o700)
    }
  }

  const makeFile = (node: Node, path: Buffer): void => {
    const fd = openSync(path, 'wx', 0o600)
    try {
      if (node.sparse) ftruncateSync(fd, node.size)
      let stored = node.dataOffset
      for (const run of node.sparse ?? [{ offset: 0, size: node.size }]) {
        for (let done = 0; done < run.size; ) {
          const read = readSync(tars[node.layer]!, buffer, 0, Math.min(PIECE, run.size - done), stored + done)
          if (read === 0) throw new StrataError('internal', 'a layer.tar is shorter than it should be')
          writeAll(fd, buffer.subarray(0, read), run.offset + done)
          done += read
        }
        stored += run.size
      }
    } finally {
      closeSync(fd)
    }
  }

  const top = Buffer.from(target)
  for (const [name, child] of root.children!) unpack(child, below(top, name))
  setAttributes(root, top)
}

function setAttributes(node: Node, path: Buffer): void {
  lchownSync(path, node.uid, node.gid)
  for (const [name, value] of node.xattrs ?? []) {
    try {
      setXattr(path, Buffer.from(name, 'latin1'), value)
    } catch (error) {
      // As dockerd: what the kernel doesn't let even root set is left out.
      if (errnoOf(error) !== 'EPERM') throw error
    }
  }
  if (node.opaque) setXattr(path, 'trusted.overlay.opaque', Buffer.from('y'))
  if ((node.mode & S_IFMT) !== S_IFLNK) chmodSync(path, node.mode & 0o7777)
}

function setTime(node: Node, path: Buffer): void {
  const time = { seconds: node.seconds, nanoseconds: node.nanoseconds }
  setTimes(path, { atime: time, mtime: time })
}
