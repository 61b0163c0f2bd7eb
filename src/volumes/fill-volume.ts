import { chmod, chown, lstat, mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { run } from '../host/index.ts'
import { errnoOf, StrataError } from '../std/index.ts'

/** What the volume shows, in its folder. */
export const dataName = '_data'

/**
 * Fills an empty volume with what is in the folder `from`, with its owner and mode; does nothing when there is no such
 * folder. Copied beside first and then moved in entry by entry, so that what is cut off half-way is known and finished, or
 * begun again, by the next call. The volume's own folder stays: a container may have it mounted.
 */
export async function fillVolume(volume: string, from: string): Promise<void> {
  const data = join(volume, dataName)
  const copying = join(volume, '_copying')
  const copied = join(volume, '_copied')
  if (!(await isFolder(copied))) {
    if (!(await isFolder(from)) || (await readdir(data)).length > 0) return
    await rm(copying, { recursive: true, force: true })
    await mkdir(copying, { mode: 0o700 })
    try {
      await copy(from, copying, basename(volume))
      await rename(copying, copied)
    } finally {
      await rm(copying, { recursive: true, force: true })
    }
  }
  for (const entry of await readdir(copied)) await moveUnlessThere(join(copied, entry), join(data, entry))
  const { uid, gid, mode } = await stat(copied)
  await chown(data, uid, gid)
  await chmod(data, mode & 0o7777)
  await rmdir(copied)
}

async function copy(from: string, to: string, name: string): Promise<void> {
  const { uid, gid, mode } = await stat(from)
  const { code, stderr } = await run('cp', ['-a', '--', `${from}/.`, to])
  if (code !== 0) throw new StrataError('internal', `failed to copy into volume ${name}: ${stderr.trim()}`)
  await chown(to, uid, gid)
  await chmod(to, mode & 0o7777)
}

/** What another container has put there meanwhile counts. */
async function moveUnlessThere(from: string, to: string): Promise<void> {
  const there = await lstat(to).then(
    () => true,
    error => {
      if (errnoOf(error) === 'ENOENT') return false
      throw error
    },
  )
  if (there) await rm(from, { recursive: true })
  else await rename(from, to)
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false
    throw error
  }
}
