import { closeSync, createReadStream, openSync } from 'node:fs'
import { join } from 'node:path'
import { decompressVerified, type TarInput, writeTar } from '../../archive/index.ts'
import { type Bytes, fromReadable, StrataError } from '../../std/index.ts'
import type { ChangedTree } from '../commit/changed-tree.ts'
import { type ScannedTar, scanTar } from '../scan-tar.ts'
import type { LayerStageArgs, LayerStageResult } from './stage-args.ts'

/** What is a driver's own in its stage. */
export interface DriverStage {
  /** Makes what is derived from a layer's tar in `directory`; replaces what is there. */
  make(scanned: ScannedTar, directory: string, tar: number): void
  /** Throws `internal` when the derived files in `directory` are not what `make` would make. */
  check(scanned: ScannedTar, directory: string, tar: number): void
  /** The entries of a layer of a writable's changes. */
  entries(changes: ChangedTree): AsyncIterable<TarInput>
}

/** The part of a layer stage that all drivers share. */
export async function runLayerStage(
  input: Bytes,
  args: LayerStageArgs,
  driver: DriverStage,
): Promise<LayerStageResult> {
  const { mode, directory, expect, limit } = args
  const path = join(directory, 'layer.tar')
  const isNew = mode === 'ingest' || mode === 'commit'
  const tar = openSync(path, isNew ? 'wx+' : 'r', 0o600)
  try {
    const scanned = isNew
      ? await scanTar(tarOf(input, args, driver), { copyTo: tar, limit })
      : await scanTar(fromReadable(createReadStream(path, { highWaterMark: 1 << 20 })), {})
    if (expect !== undefined && scanned.diffID !== expect) {
      throw new StrataError(
        'failed_precondition',
        `wrong diff id calculated: expected ${expect}, got ${scanned.diffID}`,
      )
    }
    if (mode === 'verify') driver.check(scanned, directory, tar)
    else driver.make(scanned, directory, tar)
    const { diffID, tarSize, tree } = scanned
    return { diffID, tarSize, size: tree.size, entries: tree.entries }
  } finally {
    closeSync(tar)
  }
}

/** The tar of a layer that is not there yet. */
function tarOf(input: Bytes, { changes, compressed, limit }: LayerStageArgs, driver: DriverStage): Bytes {
  if (changes) return writeTar(driver.entries(changes))
  return compressed ? decompressVerified(input, { expect: compressed, limit }) : input
}
