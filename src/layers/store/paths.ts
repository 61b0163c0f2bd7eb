import { join } from 'node:path'
import { type DiffID, hexOf } from '../../oci/index.ts'
import { StrataError } from '../../std/index.ts'

/**
 * What a driver keeps on disk, under `<root>/<driver name>`:
 *
 * - `layers/<hex>/layer.tar`: the tar, byte for byte; `info.json`: what {@link LayerInfo} says; `synced`: there once
 *   all of it is known to be on the platter; and what the driver made of it (`layer.erofs`, `diff/`, …)
 * - `writables/<id>/chain.json` and the driver's folders
 * - `empty/`: what a chain of no layers stands on; `l/`: short names of layers, for kernels before Linux 6.5
 * - `tmp/`: ingests and writables in the making; `trash/`: what is being deleted. Both are emptied at a start.
 */
export interface Paths {
  readonly root: string
  readonly layers: string
  readonly writables: string
  readonly tmp: string
  readonly trash: string
  layer(diffID: DiffID, ...below: string[]): string
  /** Throws `invalid_argument` for an id that is no plain file name. */
  writable(id: string, ...below: string[]): string
}

export function pathsOf(root: string): Paths {
  const layers = join(root, 'layers')
  const writables = join(root, 'writables')
  return {
    root,
    layers,
    writables,
    tmp: join(root, 'tmp'),
    trash: join(root, 'trash'),
    layer: (diffID, ...below) => join(layers, hexOf(diffID), ...below),
    writable(id, ...below) {
      if (!isID(id)) throw new StrataError('invalid_argument', `invalid name of a writable: ${JSON.stringify(id)}`)
      return join(writables, id, ...below)
    },
  }
}

/** Whether `id` can name a writable: letters, digits, `_`, `.` and `-`, not beginning with a sign. */
export function isID(id: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/.test(id)
}
