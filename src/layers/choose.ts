import { messageOf, StrataError, silentLogger } from '../std/index.ts'
import { openErofsDriver } from './erofs/open.ts'
import { probeErofs } from './erofs/probe.ts'
import type { LayerDriver } from './layers.ts'
import type { DriverOptions } from './open-parts.ts'
import { openOverlay2Driver } from './overlay2/open.ts'
import { probeOverlay } from './stacked/probe.ts'
import { openVfsDriver } from './vfs/driver.ts'

export type LayerDriverName = 'erofs' | 'overlay2' | 'vfs'

export interface CreateLayerDriverOptions extends DriverOptions {
  /** The driver to use; without it the first of `erofs`, `overlay2`, `vfs` that works here. */
  readonly name?: LayerDriverName | undefined
}

interface Candidate {
  readonly name: LayerDriverName
  /** Tries the driver out below `root`; throws what is wrong. */
  probe(root: string): Promise<void>
  open(options: DriverOptions): Promise<LayerDriver>
}

/** In the order of preference. */
const CANDIDATES: readonly Candidate[] = [
  { name: 'erofs', probe: probeErofs, open: openErofsDriver },
  { name: 'overlay2', probe: probeOverlay, open: openOverlay2Driver },
  { name: 'vfs', probe: async () => {}, open: openVfsDriver },
]

/**
 * Opens the storage driver for a data root: the one that is named, or else the first that a trial mount shows to work.
 * Which one, and why not a better one, goes to the log.
 *
 * Throws `failed_precondition` when the one that was named doesn't work here.
 */
export async function createLayerDriver(options: CreateLayerDriverOptions): Promise<LayerDriver> {
  const { name, root, log = silentLogger } = options
  const passedOver: string[] = []
  for (const candidate of CANDIDATES) {
    if (name !== undefined && candidate.name !== name) continue
    try {
      await candidate.probe(root)
    } catch (error) {
      if (name !== undefined) {
        throw new StrataError('failed_precondition', `driver not supported: ${name}: ${messageOf(error)}`, {
          cause: error,
        })
      }
      passedOver.push(`${candidate.name}: ${messageOf(error)}`)
      continue
    }
    log.info({ driver: candidate.name, asked: name !== undefined, passedOver }, 'storage driver chosen')
    return candidate.open(options)
  }
  throw new StrataError('invalid_argument', `unknown storage driver: ${name}`)
}
