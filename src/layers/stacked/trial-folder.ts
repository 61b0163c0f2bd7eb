import { mkdir, mkdtemp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { mountsUnder } from '../../host/index.ts'
import { discard } from '../store/trash.ts'
import { rootfsMounts } from './rootfs-mounts.ts'

const PREFIX = 'trial-'

/**
 * Runs `trial` in a folder of its own below `root`; unmounts what it says it has mounted, without waiting for the disk, and
 * deletes the folder.
 */
export async function withTrialFolder(
  root: string,
  trial: (folder: string, told: { mounted(target: string): void }) => Promise<void>,
): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o710 })
  await sweep(root)
  const folder = await mkdtemp(join(root, PREFIX))
  const mounts = rootfsMounts()
  const targets: string[] = []
  try {
    await trial(folder, { mounted: target => targets.unshift(target) })
  } finally {
    for (const target of targets) await mounts.unmount(target)
    await discard(folder)
  }
}

/** Clears away trials that were cut short by the end of their process. */
async function sweep(root: string): Promise<void> {
  const mounts = rootfsMounts()
  for (const name of await readdir(root)) {
    if (!name.startsWith(PREFIX)) continue
    for (const { mountPoint } of await mountsUnder(join(root, name))) await mounts.unmount(mountPoint)
    await discard(join(root, name))
  }
}
