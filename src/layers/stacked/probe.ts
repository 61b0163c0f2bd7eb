import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setXattr } from '../../host/index.ts'
import { mountOverlay } from './mount-overlay.ts'
import { withTrialFolder } from './trial-folder.ts'

/** Mounts an overlay below `root` and writes through it; throws what doesn't work. */
export function probeOverlay(root: string): Promise<void> {
  return withTrialFolder(root, async (folder, { mounted }) => {
    for (const name of ['lower', 'upper', 'work', 'merged']) await mkdir(join(folder, name))
    setXattr(join(folder, 'lower'), 'trusted.overlay.opaque', Buffer.from('y'))
    mountOverlay(join(folder, 'merged'), {
      lowers: [join(folder, 'lower')],
      upper: join(folder, 'upper'),
      work: join(folder, 'work'),
    })
    mounted(join(folder, 'merged'))
    await writeFile(join(folder, 'merged', 'file'), 'trial')
  })
}
