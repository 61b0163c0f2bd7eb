import { StrataError } from '../std/index.ts'
import { openErofsDriver } from './erofs/open.ts'
import type { LayerDriver } from './layers.ts'
import type { DriverOptions } from './open-parts.ts'

export type LayerDriverName = 'erofs' | 'overlay2' | 'vfs'

export interface CreateLayerDriverOptions extends DriverOptions {
  /** The driver to use; without it the first of `erofs`, `overlay2`, `vfs` that works here. */
  readonly name?: LayerDriverName | undefined
}

/** Opens the storage driver for a data root. Throws `failed_precondition` when the one that was named doesn't work here. */
export async function createLayerDriver(options: CreateLayerDriverOptions): Promise<LayerDriver> {
  const { name = 'erofs' } = options
  if (name === 'erofs') return openErofsDriver(options)
  throw new StrataError('not_implemented', `storage driver ${name}`)
}
