import { constants } from 'node:os'
import { StrataError } from '../std/index.ts'

const REALTIME_MIN = 34
const REALTIME_MAX = 64

const numbers: ReadonlyMap<string, number> = new Map(namedSignals())

function* namedSignals(): Generator<[string, number]> {
  for (const [name, number] of Object.entries(constants.signals)) yield [name.slice('SIG'.length), number]
  yield ['CLD', constants.signals.SIGCHLD]
  yield ['RTMIN', REALTIME_MIN]
  for (let i = 1; i <= 15; i++) yield [`RTMIN+${i}`, REALTIME_MIN + i]
  for (let i = 14; i >= 1; i--) yield [`RTMAX-${i}`, REALTIME_MAX - i]
  yield ['RTMAX', REALTIME_MAX]
}

const names: ReadonlyMap<number, string> = new Map([...numbers].reverse().map(([name, number]) => [number, name]))

/** The number of a signal as Docker takes it: `KILL`, `SIGKILL`, `sigkill`, `9`, `RTMIN+3`. Throws `invalid_argument`. */
export function parseSignal(text: string): number {
  const number = checkSignal(text)
  if (names.has(number)) return number
  throw new StrataError('invalid_argument', `The linux daemon does not support signal ${number}`)
}

/** The number that a text means as a signal, which need not be one of this system. Throws `invalid_argument`. */
export function checkSignal(text: string): number {
  const number = /^[+-]?[0-9]+$/.test(text) ? Number(text) : numbers.get(text.toUpperCase().replace(/^SIG/, ''))
  if (!number) throw new StrataError('invalid_argument', `invalid signal: ${text}`)
  return number
}

/** `SIGTERM` for 15, `SIGRTMIN+3` for 37; undefined for a number that is no signal. */
export function signalName(number: number): string | undefined {
  const name = names.get(number)
  return name === undefined ? undefined : `SIG${name}`
}
