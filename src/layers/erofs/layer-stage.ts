import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openMemoryFile } from '../../host/index.ts'
import { hexOf } from '../../oci/index.ts'
import { type Bytes, type Stage, StrataError } from '../../std/index.ts'
import { upperEntries } from '../commit/upper-entries.ts'
import type { ScannedTar } from '../scan-tar.ts'
import type { LayerStageArgs, LayerStageResult } from '../store/stage-args.ts'
import { runLayerStage } from '../store/stage-frame.ts'
import type { DataArea } from './chunks.ts'
import { copyRuns, sameRuns } from './copies.ts'
import { writeIndex } from './write.ts'

/** Ingests, derives or verifies a layer of the erofs driver: `layer.tar`, `layer.erofs` and, when needed, `layer.data`. */
export const stage: Stage<LayerStageArgs, LayerStageResult> = (input: Bytes, args: LayerStageArgs) =>
  runLayerStage(input, args, { make, check, entries: upperEntries })

function make(scanned: ScannedTar, directory: string, tar: number): void {
  const temporary = join(directory, 'layer.erofs.new')
  const area = writeIndexTo(temporary, scanned)
  rmSync(join(directory, 'layer.data'), { force: true })
  if (area.size > 0) {
    using data = opened(join(directory, 'layer.data'), 'wx')
    copyRuns(area, tar, data.fd)
  }
  renameSync(temporary, join(directory, 'layer.erofs'))
}

function check(scanned: ScannedTar, directory: string, tar: number): void {
  // In memory: a full disk keeps nobody from knowing what is whole.
  using fresh = openMemoryFile('layer.erofs')
  using index = opened(join(directory, 'layer.erofs'), 'r')
  const area = write(fresh.fd, scanned)
  if (!sameBytes(fresh.fd, index.fd)) throw damaged(scanned, 'its index differs')
  if (area.size > 0) {
    using data = opened(join(directory, 'layer.data'), 'r')
    if (!sameRuns(area, tar, data.fd)) throw damaged(scanned, 'the data of its sparse files differ')
  }
}

function damaged(scanned: ScannedTar, what: string): StrataError {
  return new StrataError('internal', `layer ${scanned.diffID} is damaged: ${what}`)
}

function writeIndexTo(path: string, scanned: ScannedTar): DataArea {
  using index = opened(path, 'w')
  return write(index.fd, scanned)
}

function write(fd: number, scanned: ScannedTar): DataArea {
  return writeIndex(scanned.tree, fd, {
    tarSize: scanned.tarSize,
    uuid: Buffer.from(hexOf(scanned.diffID), 'hex').subarray(0, 16),
  })
}

function opened(path: string, flags: string): Disposable & { readonly fd: number } {
  const fd = openSync(path, flags, 0o600)
  return { fd, [Symbol.dispose]: () => closeSync(fd) }
}

function sameBytes(left: number, right: number): boolean {
  const { size } = fstatSync(left)
  if (fstatSync(right).size !== size) return false
  const one = Buffer.allocUnsafe(1 << 20)
  const other = Buffer.allocUnsafe(1 << 20)
  for (let offset = 0; offset < size; offset += one.byteLength) {
    const read = readSync(left, one, 0, one.byteLength, offset)
    readSync(right, other, 0, other.byteLength, offset)
    if (one.compare(other, 0, read, 0, read) !== 0) return false
  }
  return true
}
