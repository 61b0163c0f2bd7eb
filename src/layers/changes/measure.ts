import type { Usage } from '../layers.ts'
import { below, lstatOrNothing, namesIn } from './lower.ts'

export interface MeasureOptions {
  /** Paths from the folder on, with a leading slash; symbolic links there are not counted. */
  readonly withoutLinks?: readonly string[]
  /** Who knows that it is more than this of either needs to know no more: the rest is not looked at. */
  readonly enough?: Usage
}

/** What a folder holds: bytes of all files and links, hard links once (as dockerd's `directory.Size`), and inodes. */
export async function measure(folder: string, { withoutLinks = [], enough }: MeasureOptions = {}): Promise<Usage> {
  const left = new Set(withoutLinks.map(path => folder + path))
  let size = 0
  let inodes = 0
  const seen = new Set<bigint>()
  const folders: Buffer[] = [Buffer.from(folder)]
  for (let here = folders.pop(); here; here = folders.pop()) {
    for (const name of await namesIn(here)) {
      const path = below(here, name)
      const stat = await lstatOrNothing(path)
      if (!stat || (stat.nlink > 1n && !stat.isDirectory() && seen.has(stat.ino))) continue
      if (left.size > 0 && stat.isSymbolicLink() && left.has(path.toString())) continue
      inodes++
      if (stat.isDirectory()) folders.push(path)
      else {
        size += Number(stat.size)
        seen.add(stat.ino)
      }
      if (enough && exceeds({ size, inodes }, enough)) return { size, inodes }
    }
  }
  return { size, inodes }
}

/** Whether it is more of either. */
export function exceeds(usage: Usage, most: Usage): boolean {
  return usage.size > most.size || usage.inodes > most.inodes
}
