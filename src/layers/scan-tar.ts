import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { TarScanner, throughEnd } from '../archive/index.ts'
import { type DiffID, parseDiffID } from '../oci/index.ts'
import { type Bytes, StrataError, WriteBehind } from '../std/index.ts'
import { treeBuilder } from './tree/build.ts'
import type { FinishedTree } from './tree/finish.ts'

export interface ScanOptions {
  /** Where the bytes are written as they come. */
  readonly copyTo?: number | undefined
  /** The most bytes that are taken. */
  readonly limit?: number | undefined
}

export interface ScannedTar {
  readonly diffID: DiffID
  readonly tarSize: number
  readonly tree: FinishedTree
}

/**
 * Takes a layer's tar in, in one pass: digest, copy and tree. With `copyTo` the memory of each
 * chunk is given back when it is done with. Throws `invalid_argument` for a bad tar or too many bytes, `unavailable`
 * when the disk is full.
 */
export async function scanTar(tar: Bytes, options: ScanOptions): Promise<ScannedTar> {
  const { copyTo, limit = Number.POSITIVE_INFINITY } = options
  const hash = createHash('sha256')
  const builder = treeBuilder()
  const scanner = new TarScanner({ onEntry: entry => builder.add(entry) })
  let tarSize = 0
  await using copy = copyTo === undefined ? undefined : new WriteBehind(copyTo)
  for await (const chunk of throughEnd(tar, scanner)) {
    if (tarSize + chunk.byteLength > limit) {
      throw new StrataError('invalid_argument', `layer is larger than the limit of ${limit} bytes`)
    }
    tarSize += chunk.byteLength
    copy?.push(chunk)
    hash.update(chunk)
    scanner.push(chunk)
    await copy?.room()
  }
  scanner.finish()
  await copy?.finish()
  return { diffID: parseDiffID(`sha256:${hash.digest('hex')}`), tarSize, tree: builder.finish() }
}

/** Writes all of `chunk` at `position` of the file. */
export function writeAll(fd: number, chunk: Uint8Array, position: number): void {
  for (let done = 0; done < chunk.byteLength; ) {
    done += writeSync(fd, chunk, done, chunk.byteLength - done, position + done)
  }
}
