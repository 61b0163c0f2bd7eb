import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { beside, syncPath } from '../../std/index.ts'
import type { LayerDriver } from '../layers.ts'
import { type DriverOptions, openParts } from '../open-parts.ts'
import { StackedDriver } from '../stacked/driver.ts'
import { mountOverlay } from '../stacked/mount-overlay.ts'
import { littleAsTar } from '../store/little-work.ts'
import { layerMounts } from './mounts.ts'

/** Opens the `erofs` driver at `<root>/erofs`. */
export async function openErofsDriver(options: DriverOptions): Promise<LayerDriver> {
  const parts = await openParts('erofs', options, {
    stage: beside(import.meta.url, 'layer-stage'),
    sync: syncLayer,
    little: littleAsTar,
  })
  const lowers = layerMounts(parts.paths, { linger: options.linger ?? 3_000 })
  return new StackedDriver({ ...parts, lowers, mountOverlay })
}

async function syncLayer(directory: string): Promise<void> {
  await syncPath(join(directory, 'layer.tar'))
  await syncPath(join(directory, 'layer.erofs'))
  const data = join(directory, 'layer.data')
  const there = await access(data).then(
    () => true,
    () => false,
  )
  if (there) await syncPath(data)
}
