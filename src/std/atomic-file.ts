import { open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Makes the entries of a folder (new names, renames, removals) survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Renames durably: after it resolves, `to` is there even when the power goes. Both must be on one file system. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to)
  await syncDirectory(dirname(to))
}

let counter = 0

/** Writes a whole file so that readers, and the disk after a power cut, see the old content or the new, never a mix. */
export async function writeFileAtomically(path: string, data: Uint8Array | string, mode = 0o600): Promise<void> {
  const temporary = `${path}.${process.pid}.${counter++}.tmp`
  const handle = await open(temporary, 'wx', mode)
  try {
    await handle.writeFile(data)
    await handle.sync()
  } catch (error) {
    await handle.close()
    await unlink(temporary)
    throw error
  }
  await handle.close()
  await renameDurably(temporary, path)
}
