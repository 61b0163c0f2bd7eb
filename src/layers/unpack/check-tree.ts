import { type BigIntStats, closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs'
import { getXattr } from '../../host/index.ts'
import { below } from '../changes/lower.ts'
import { type Node, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../tree/node.ts'

const PIECE = 1 << 20

/** Compares a folder with the tree that was unpacked into it. Returns what differs first, or undefined. */
export function checkTree(root: Node, target: string, tar: number): string | undefined {
  const one = Buffer.allocUnsafe(PIECE)
  const other = Buffer.allocUnsafe(PIECE)

  const check = (node: Node, path: Buffer, name: string): string | undefined => {
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    if (!stat) return `${name} is missing`
    const wrong = checkAttributes(node, path, stat)
    if (wrong) return `${name} has another ${wrong}`
    if ((node.mode & S_IFMT) === S_IFREG && !sameData(node, path)) return `${name} has other content`
    return node.children ? checkChildren(node, path, name) : undefined
  }

  const checkChildren = (node: Node, path: Buffer, name: string): string | undefined => {
    const names = readdirSync(path, { encoding: 'latin1' })
    const extra = names.find(child => !node.children!.has(child as never))
    if (extra !== undefined) return `${name}/${extra} should not be there`
    for (const [child, childNode] of node.children!) {
      const wrong = check(childNode, below(path, child), `${name}/${child}`)
      if (wrong) return wrong
    }
    return undefined
  }

  const sameData = (node: Node, path: Buffer): boolean => {
    const fd = openSync(path, 'r')
    try {
      let stored = node.dataOffset
      for (const run of node.sparse ?? [{ offset: 0, size: node.size }]) {
        for (let done = 0; done < run.size; ) {
          const read = readSync(tar, one, 0, Math.min(PIECE, run.size - done), stored + done)
          if (read === 0 || readSync(fd, other, 0, read, run.offset + done) !== read) return false
          if (one.compare(other, 0, read, 0, read) !== 0) return false
          done += read
        }
        stored += run.size
      }
      return true
    } finally {
      closeSync(fd)
    }
  }

  return checkChildren(root, Buffer.from(target), '')
}

function checkAttributes(node: Node, path: Buffer, stat: BigIntStats): string | undefined {
  if (Number(stat.mode) !== node.mode) return 'mode'
  if (Number(stat.uid) !== node.uid || Number(stat.gid) !== node.gid) return 'owner'
  if (stat.mtimeNs !== BigInt(node.seconds) * 1_000_000_000n + BigInt(node.nanoseconds)) return 'time'
  const type = node.mode & S_IFMT
  if (type !== S_IFDIR && Number(stat.nlink) !== node.links) return 'count of links'
  if (type === S_IFREG && Number(stat.size) !== node.size) return 'size'
  if (type === S_IFLNK && readlinkSync(path, 'latin1') !== node.target) return 'target'
  if ((getXattr(path, 'trusted.overlay.opaque') !== undefined) !== node.opaque) return 'opacity'
  for (const [name, value] of node.xattrs ?? []) {
    if (!getXattr(path, Buffer.from(name, 'latin1'))?.equals(value)) return `attribute ${name}`
  }
  return undefined
}
