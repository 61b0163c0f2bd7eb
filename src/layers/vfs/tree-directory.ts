import type { ByteString } from '../../archive/index.ts'
import type { LowerDirectory } from '../changes/lower.ts'
import { type Node, S_IFBLK, S_IFCHR, S_IFLNK, S_IFMT } from '../tree/node.ts'

const CAPABILITY = 'security.capability' as ByteString

/** A directory of a tree as what was there before. */
export function treeDirectory(directory: Node | undefined): LowerDirectory {
  return {
    async get(name) {
      const node = directory?.children?.get(name as ByteString)
      if (!node) return undefined
      const type = node.mode & S_IFMT
      const facts = {
        mode: node.mode,
        uid: node.uid,
        gid: node.gid,
        device: type === S_IFCHR || type === S_IFBLK ? deviceNumber(node) : 0,
        size: type === S_IFLNK ? node.target!.length : node.size,
        time: { seconds: node.seconds, nanoseconds: node.nanoseconds },
        capability: node.xattrs?.get(CAPABILITY),
      }
      return node.children ? { facts, directory: treeDirectory(node) } : { facts }
    },
    names: async () => directory?.children?.keys() ?? [],
  }
}

/** As `st_rdev` has it, for numbers that a tree can hold. */
function deviceNumber(node: Node): number {
  return (node.minor & 0xff) + (node.major & 0xfff) * 0x100 + (node.minor >>> 8) * 0x100000
}
