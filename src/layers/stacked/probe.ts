import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setXattr } from '../../host/index.ts'
import { overlayMounter } from './mount-overlay.ts'
import { withTrialFolder } from './trial-folder.ts'

/** Mounts an overlay below `root` and writes through it; throws what doesn't work. */
export function probeOverlay(root: string): Promise<void> {
  return withTrialFolder(root, async (folder, { mounted }) => {
    for (const name of ['layers/0/diff', 'upper', 'work', 'merged', 'l']) {
      await mkdir(join(folder, name), { recursive: true })
    }
    setXattr(join(folder, 'layers/0/diff'), 'trusted.overlay.opaque', Buffer.from('y'))
    overlayMounter(folder)(join(folder, 'merged'), {
      lowers: [join(folder, 'layers', '0', 'diff')],
      upper: join(folder, 'upper'),
      work: join(folder, 'work'),
    })
    mounted(join(folder, 'merged'))
    await writeFile(join(folder, 'merged', 'file'), 'trial')
  })
}
