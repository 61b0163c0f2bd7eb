import { syncFileSystem } from '../../host/index.ts'
import { beside } from '../../std/index.ts'
import type { LayerDriver } from '../layers.ts'
import { type DriverOptions, openParts } from '../open-parts.ts'
import { StackedDriver } from '../stacked/driver.ts'
import { type MountOverlay, overlayMounter } from '../stacked/mount-overlay.ts'
import { littleUnpacked } from '../store/little-work.ts'
import { layerFolders } from './folders.ts'

export interface Overlay2Options extends DriverOptions {
  /** How overlays are mounted; without it as the kernel's version allows. */
  readonly mountOverlay?: MountOverlay
}

/**
 * Opens the `overlay2` driver at `<root>/overlay2`: layers are unpacked, for kernels that can't mount them as they are.
 *
 * `layer.tar` is kept beside what is unpacked from it, as it is: every file takes its space twice. That is the price
 * of giving back the exact tar, and of being able to verify, and to unpack again, what was not yet synced when the
 * machine went down.
 */
export async function openOverlay2Driver(options: Overlay2Options): Promise<LayerDriver> {
  const parts = await openParts('overlay2', options, {
    stage: beside(import.meta.url, 'layer-stage'),
    sync: syncFileSystem,
    little: littleUnpacked,
  })
  return new StackedDriver({
    ...parts,
    lowers: layerFolders(parts.paths, parts.layers),
    mountOverlay: options.mountOverlay ?? overlayMounter(parts.paths.root),
  })
}
