import type { ByteString } from '../../archive/index.ts'
import { StrataError } from '../../std/index.ts'
import { impliedDirectory, type Node } from './node.ts'

/** As the kernel's own limit on the links followed in one path. */
const MAX_LINKS = 40

/**
 * The directory that `parts` lead to, from `root`, as a process confined to `root` would find it: symbolic links on the
 * way are followed inside the tree. What is missing is made when `create` is set (root-owned, 0755).
 *
 * Returns undefined when it is missing; throws `invalid_argument` when something on the way is no directory.
 */
export function resolveDirectory(root: Node, parts: readonly ByteString[], create: boolean): Node | undefined {
  // The common case has no links: walk down without keeping the way.
  let node = root
  for (const part of parts) {
    const child = node.children!.get(part)
    if (child?.children) node = child
    else if (child?.target !== undefined) return resolveThroughLinks(root, parts, create)
    else if (child) throw notDirectory(parts)
    else if (create) {
      const made = impliedDirectory()
      node.children!.set(part, made)
      node = made
    } else return undefined
  }
  return node
}

function resolveThroughLinks(root: Node, parts: readonly ByteString[], create: boolean): Node | undefined {
  const way: Node[] = [root]
  const left = [...parts].reverse() as string[]
  let links = 0
  for (let part = left.pop(); part !== undefined; part = left.pop()) {
    if (part === '' || part === '.') continue
    if (part === '..') {
      if (way.length > 1) way.pop()
      continue
    }
    const here = way.at(-1)!
    const child = here.children!.get(part as ByteString)
    if (child?.children) way.push(child)
    else if (child?.target !== undefined) {
      if (++links > MAX_LINKS) {
        throw new StrataError('invalid_argument', `${show(parts)}: too many levels of symbolic links`)
      }
      if (child.target.startsWith('/')) way.length = 1
      left.push(...child.target.split('/').reverse())
    } else if (child) throw notDirectory(parts)
    else if (create) {
      const made = impliedDirectory()
      here.children!.set(part as ByteString, made)
      way.push(made)
    } else return undefined
  }
  return way.at(-1)
}

function notDirectory(parts: readonly ByteString[]): StrataError {
  return new StrataError('invalid_argument', `${show(parts)}: not a directory`)
}

/** A path of the tree for messages. */
export function show(parts: readonly ByteString[]): string {
  return `/${Buffer.from(parts.join('/'), 'latin1').toString()}`
}
