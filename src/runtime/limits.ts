import { readFileSync } from 'node:fs'
import { mayExceedLimits } from './capabilities.ts'
import type { Ulimit } from './spec-options.ts'

/** Names of ulimits with their rows in /proc/self/limits. */
const rows: Readonly<Record<string, string>> = {
  as: 'Max address space',
  core: 'Max core file size',
  cpu: 'Max cpu time',
  data: 'Max data size',
  fsize: 'Max file size',
  locks: 'Max file locks',
  memlock: 'Max locked memory',
  msgqueue: 'Max msgqueue size',
  nice: 'Max nice priority',
  nofile: 'Max open files',
  nproc: 'Max processes',
  rss: 'Max resident set',
  rtprio: 'Max realtime priority',
  rttime: 'Max realtime timeout',
  sigpending: 'Max pending signals',
  stack: 'Max stack size',
}

const unlimited = 2n ** 64n - 1n

/** A limit of the runtime spec; the numbers are raw JSON because `unlimited` (2^64-1) is beyond what a JS number holds. */
export interface SpecLimit {
  readonly type: string
  readonly soft: object
  readonly hard: object
}

/** `process.rlimits`. A limit that this process may not set becomes the highest that it may. */
export function specLimits(ulimits: readonly Ulimit[]): SpecLimit[] {
  const text = ulimits.length > 0 && !mayExceedLimits() ? readFileSync('/proc/self/limits', 'utf8') : undefined
  return ulimits.map(({ name, soft, hard }) => {
    const ceiling = text === undefined ? unlimited : hardLimit(text, rows[name])
    const clamp = (value: number) => rawNumber(least(value < 0 ? unlimited : BigInt(value), ceiling))
    return { type: `RLIMIT_${name.toUpperCase()}`, soft: clamp(soft), hard: clamp(hard) }
  })
}

/** Limits that were read back from JSON, where 2^64-1 became a rounded number that no runtime would take. */
export function restoredLimits(limits: readonly { type: string; soft: number; hard: number }[]): SpecLimit[] {
  const restore = (value: number) => rawNumber(value >= 2 ** 64 ? unlimited : BigInt(value))
  return limits.map(({ type, soft, hard }) => ({ type, soft: restore(soft), hard: restore(hard) }))
}

/** `process.oomScoreAdj`: without CAP_SYS_RESOURCE nobody may go below the own one. */
export function specOomScore(wanted: number): number {
  if (mayExceedLimits()) return wanted
  return Math.max(wanted, Number(readFileSync('/proc/self/oom_score_adj', 'utf8')))
}

function hardLimit(text: string, row: string | undefined): bigint {
  const line = row && text.split('\n').find(candidate => candidate.startsWith(row))
  const value = line ? line.slice(row.length).trim().split(/\s+/)[1] : undefined
  return value === undefined || value === 'unlimited' ? unlimited : BigInt(value)
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function rawNumber(value: bigint): object {
  return (JSON as unknown as { rawJSON(text: string): object }).rawJSON(value.toString())
}
