import type { SparseRun } from './archive.ts'
import { BLOCK_BYTES } from './header-block.ts'
import { Malformed } from './malformed.ts'
import { parseDecimal, parseNumeric } from './numbers.ts'

/** The most runs of one file that are read: a map is held in memory. */
const MAX_RUNS = 1_000_000

function add(runs: SparseRun[], run: SparseRun): void {
  if (runs.length >= MAX_RUNS) throw new Malformed(`sparse map has more than ${MAX_RUNS} runs`)
  runs.push(run)
}

/**
 * Checks a map and drops its empty runs (writers mark the end of the file with one).
 * @throws {Malformed} when runs overlap, go backwards, lie outside of the file or do not add up to the stored data.
 */
export function checkedRuns(runs: readonly SparseRun[], size: number, dataSize: number): SparseRun[] {
  if (size < 0) throw new Malformed('sparse file has a negative size')
  let end = 0
  let stored = 0
  for (const run of runs) {
    if (run.offset < 0 || run.size < 0) throw new Malformed('sparse map has a negative number')
    if (run.offset < end) throw new Malformed('sparse map overlaps or is out of order')
    if (run.size > size - run.offset) throw new Malformed('sparse map goes beyond the end of the file')
    end = run.offset + run.size
    stored += run.size
  }
  if (stored !== dataSize) throw new Malformed('sparse map does not add up to the stored data')
  return runs.filter(run => run.size > 0)
}

/** Sparse formats 0.0 and 0.1: the map is in the PAX records. */
export function parseSparseText(map: string, count: string): SparseRun[] {
  const numbers = map === '' ? [] : map.split(',')
  if (numbers.length !== 2 * parseDecimal(count, 'GNU.sparse.numblocks')) {
    throw new Malformed('sparse map has the wrong number of runs')
  }
  const runs: SparseRun[] = []
  for (let i = 0; i < numbers.length; i += 2) {
    add(runs, {
      offset: parseDecimal(numbers[i]!, 'sparse offset'),
      size: parseDecimal(numbers[i + 1]!, 'sparse size'),
    })
  }
  return runs
}

/**
 * The old GNU format: four runs in the header block, and 21 in each extension block that follows.
 * @returns whether (another) extension block follows.
 */
export function readOldSparse(block: Buffer, isExtension: boolean, runs: SparseRun[]): boolean {
  const start = isExtension ? 0 : 386
  const count = isExtension ? 21 : 4
  for (let at = start; at < start + count * 24 && block[at] !== 0; at += 24) {
    add(runs, {
      offset: parseNumeric(block, at, 12, 'sparse offset'),
      size: parseNumeric(block, at + 12, 12, 'sparse size'),
    })
  }
  return block[start + count * 24] !== 0
}

/** The `realsize` field of an old GNU sparse header: the size of the file with its holes. */
export function oldSparseSize(block: Buffer): number {
  return parseNumeric(block, 483, 12, 'sparse file size')
}

/**
 * Sparse format 1.0: the map stands before the data, decimal numbers with a newline after each (how many runs, then
 * offset and size of each), padded to a block. Pushed block by block; nothing of the text is kept.
 */
export class SparseMapReader {
  readonly runs: SparseRun[] = []
  #digits = ''
  #count: number | undefined
  #offset: number | undefined

  /** Takes one block in; true when the map ended in it. */
  push(block: Buffer): boolean {
    for (let at = 0; at < BLOCK_BYTES && !this.#complete; at++) {
      const byte = block[at]!
      if (byte === 0x0a) {
        this.#number(parseDecimal(this.#digits, 'sparse map'))
        this.#digits = ''
      } else {
        this.#digits += String.fromCharCode(byte)
        if (this.#digits.length > 20) throw new Malformed('sparse map is not a list of numbers')
      }
    }
    return this.#complete
  }

  get #complete(): boolean {
    return this.runs.length === this.#count
  }

  #number(value: number): void {
    if (this.#count === undefined) {
      if (value < 0 || value > MAX_RUNS) throw new Malformed(`sparse map has more than ${MAX_RUNS} runs`)
      this.#count = value
    } else if (this.#offset === undefined) this.#offset = value
    else {
      add(this.runs, { offset: this.#offset, size: value })
      this.#offset = undefined
    }
  }
}
