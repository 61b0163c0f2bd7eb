import type { BigIntStats } from 'node:fs'
import { posix } from 'node:path'
import { below, lstatOrNothing, namesIn } from '../changes/lower.ts'

/**
 * The other names of the files at `paths` in the tree `top`, absolute, byte strings: a tree that is compared name by name
 * doesn't tell that a file which did not change has a further name. Walks the tree only when one of the files has several.
 */
export async function furtherNames(top: Buffer, paths: Iterable<string>): Promise<string[]> {
  const known = new Set(paths)
  const files = new Set<string>()
  for (const path of known) {
    const stat = await lstatOrNothing(Buffer.concat([top, Buffer.from(path, 'latin1')]))
    if (stat && hasSeveral(stat)) files.add(keyOf(stat))
  }
  const found: string[] = []
  const visit = async (folder: Buffer, path: string): Promise<void> => {
    for (const name of await namesIn(folder)) {
      const at = posix.join(path, name)
      const stat = await lstatOrNothing(below(folder, name))
      if (stat?.isDirectory()) await visit(below(folder, name), at)
      else if (stat && hasSeveral(stat) && files.has(keyOf(stat)) && !known.has(at)) found.push(at)
    }
  }
  if (files.size > 0) await visit(top, '/')
  return found
}

function hasSeveral(stat: BigIntStats): boolean {
  return !stat.isDirectory() && stat.nlink > 1n
}

function keyOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`
}
