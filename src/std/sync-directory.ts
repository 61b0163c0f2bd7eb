import { open } from 'node:fs/promises'

/** Makes the entries of a folder (new names, renames, removals) survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
