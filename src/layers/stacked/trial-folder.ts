import { mkdir, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { detach } from '../../host/index.ts'
import { discard } from '../store/trash.ts'

/** Runs `trial` in a folder of its own below `root`; unmounts what it says it has mounted, and deletes the folder. */
export async function withTrialFolder(
  root: string,
  trial: (folder: string, told: { mounted(target: string): void }) => Promise<void>,
): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o710 })
  const folder = await mkdtemp(join(root, 'trial-'))
  const mounts: string[] = []
  try {
    await trial(folder, { mounted: target => mounts.unshift(target) })
  } finally {
    for (const target of mounts) detach(target)
    await discard(folder)
  }
}
