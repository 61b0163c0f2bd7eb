import type { ByteString } from '../../archive/index.ts'
import type { Aspect } from '../layers.ts'
import { byBytes } from '../tree/finish.ts'
import { type Node, S_IFMT, S_IFREG } from '../tree/node.ts'

/** A path at which two trees differ. */
export interface Found {
  readonly path: readonly ByteString[]
  readonly aspects: readonly Aspect[]
  readonly before?: Node
  readonly after?: Node
}

/** Whether two regular files of one size have the same bytes. */
export type SameContent = (before: Node, after: Node) => boolean

/** What differs between two trees: directories before what is in them, names in the order of their bytes. */
export function* differences(before: Node, after: Node, sameContent: SameContent): Generator<Found> {
  yield* inDirectory(before, after, [], sameContent)
}

function* inDirectory(
  before: Node | undefined,
  after: Node | undefined,
  above: readonly ByteString[],
  sameContent: SameContent,
): Generator<Found> {
  if (before === after) return
  const names = new Set([...(before?.children?.keys() ?? []), ...(after?.children?.keys() ?? [])])
  for (const name of [...names].sort(byBytes)) {
    const old = before?.children?.get(name)
    const now = after?.children?.get(name)
    if (old === now) continue
    const path = [...above, name]
    const aspects = old && now ? aspectsOf(old, now, sameContent) : []
    if (!old || !now || aspects.length > 0) {
      yield { path, aspects, ...(old && { before: old }), ...(now && { after: now }) }
    }
    if (old?.children || now?.children) yield* inDirectory(old, now, path, sameContent)
  }
}

function aspectsOf(before: Node, after: Node, sameContent: SameContent): Aspect[] {
  const aspects: Aspect[] = []
  const type = before.mode & S_IFMT
  if (type !== (after.mode & S_IFMT)) aspects.push('type')
  else if (type === S_IFREG) {
    if (before.size !== after.size || !sameContent(before, after)) aspects.push('content')
  } else if (before.target !== after.target || before.major !== after.major || before.minor !== after.minor) {
    aspects.push('content')
  }
  if ((before.mode & 0o7777) !== (after.mode & 0o7777)) aspects.push('mode')
  if (before.uid !== after.uid || before.gid !== after.gid) aspects.push('owner')
  if (!sameXattrs(before, after)) aspects.push('xattrs')
  if (before.seconds !== after.seconds || before.nanoseconds !== after.nanoseconds) aspects.push('time')
  return aspects
}

function sameXattrs({ xattrs: before }: Node, { xattrs: after }: Node): boolean {
  if ((before?.size ?? 0) !== (after?.size ?? 0)) return false
  for (const [name, value] of before ?? []) {
    const other = after!.get(name)
    if (!other || Buffer.compare(value, other) !== 0) return false
  }
  return true
}
