import { closeSync, createReadStream, openSync } from 'node:fs'
import { join } from 'node:path'
import { decompressVerified } from '../../archive/index.ts'
import { type Bytes, fromReadable, StrataError } from '../../std/index.ts'
import { type ScannedTar, scanTar } from '../scan-tar.ts'
import type { LayerStageArgs, LayerStageResult } from './stage-args.ts'

/** What a driver derives from a layer's tar, once the tar is complete and its digest right. */
export interface Derivation {
  /** Makes the derived files in `directory`; replaces those that are there. */
  make(scanned: ScannedTar, directory: string, tar: number): void
  /** Throws `internal` when the derived files in `directory` are not what `make` would make. */
  check(scanned: ScannedTar, directory: string, tar: number): void
}

/** The part of a layer stage that all drivers share. */
export async function runLayerStage(input: Bytes, args: LayerStageArgs, driver: Derivation): Promise<LayerStageResult> {
  const { mode, directory, expect, limit, compressed } = args
  const path = join(directory, 'layer.tar')
  const tar = openSync(path, mode === 'ingest' ? 'wx+' : 'r', 0o600)
  try {
    const scanned =
      mode === 'ingest'
        ? await scanTar(compressed ? decompressVerified(input, { expect: compressed, limit }) : input, {
            copyTo: tar,
            limit,
          })
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
