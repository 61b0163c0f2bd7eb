import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '../std/index.ts'

/** Bytes of everything in a folder but folders, hard links once, as Docker counts. What goes away meanwhile counts nothing. */
export async function folderSize(path: string): Promise<number> {
  const seen = new Set<string>()
  const folders = [path]
  let size = 0
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await opendir(folder).catch(ignoreAbsence)
    if (!entries) continue
    for await (const entry of entries) {
      const at = join(folder, entry.name)
      if (entry.isDirectory()) {
        folders.push(at)
        continue
      }
      const stats = await lstat(at, { bigint: true }).catch(ignoreAbsence)
      if (!stats) continue
      const inode = `${stats.dev}:${stats.ino}`
      if (seen.has(inode)) continue
      if (stats.nlink > 1n) seen.add(inode)
      size += Number(stats.size)
    }
  }
  return size
}

function ignoreAbsence(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT') throw error
}
