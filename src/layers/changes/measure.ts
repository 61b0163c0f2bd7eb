import type { Usage } from '../layers.ts'
import { below, lstatOrNothing, namesIn } from './lower.ts'

/**
 * What a folder holds: bytes of all files and links, hard links once (as dockerd's `directory.Size`), and inodes.
 * `withoutLinks`: paths from the folder on, with a leading slash; symbolic links there are not counted.
 */
export async function measure(
  folder: string,
  { withoutLinks = [] }: { readonly withoutLinks?: readonly string[] } = {},
): Promise<Usage> {
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
    }
  }
  return { size, inodes }
}
