import { mkdir, mkdtemp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { detach, mountsUnder } from '../../host/index.ts'
import { discard } from '../store/trash.ts'

const PREFIX = 'trial-'

/** Runs `trial` in a folder of its own below `root`; unmounts what it says it has mounted, and deletes the folder. */
export async function withTrialFolder(
  root: string,
  trial: (folder: string, told: { mounted(target: string): void }) => Promise<void>,
): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o710 })
  await sweep(root)
  const folder = await mkdtemp(join(root, PREFIX))
  const mounts: string[] = []
  try {
    await trial(folder, { mounted: target => mounts.unshift(target) })
  } finally {
    for (const target of mounts) detach(target)
    await discard(folder)
  }
}

/** Clears away trials that were cut short by the end of their process. */
async function sweep(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!name.startsWith(PREFIX)) continue
    for (const { mountPoint } of await mountsUnder(join(root, name))) detach(mountPoint)
    await discard(join(root, name))
  }
}
