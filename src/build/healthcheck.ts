import type { Healthcheck } from '../oci/index.ts'
import type { Statement } from './build.ts'
import { commandOf } from './command-line.ts'
import { parseDuration } from './duration.ts'
import { badDockerfile, quoted } from './error.ts'

const TIMES = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
} as const
/** Nanoseconds. */
const SHORTEST = 1_000_000

/** What a `HEALTHCHECK` says. Throws `invalid_argument` with Docker's texts. */
export function parseHealthcheck({ flags, operands }: Statement): Healthcheck {
  if (operands.form !== 'typed') throw badDockerfile('HEALTHCHECK requires at least one argument')
  const type = operands.type.toUpperCase()
  if (type === 'NONE') {
    if (operands.rest.form !== 'none') throw badDockerfile('HEALTHCHECK NONE takes no arguments')
    return { Test: ['NONE'] }
  }
  const options = optionsOf(flags)
  if (type !== 'CMD') throw badDockerfile(`Unknown type ${quoted(type)} in HEALTHCHECK (try CMD)`)
  const { words, shell } = commandOf(operands.rest)
  if (words.length === 0) throw badDockerfile('Missing command after HEALTHCHECK CMD')
  return { Test: [shell ? 'CMD-SHELL' : 'CMD', ...words], ...options }
}

function optionsOf(flags: readonly string[]): Omit<Healthcheck, 'Test'> {
  const options: Record<string, number> = {}
  for (const flag of flags) {
    const [, name = '', value] = /^--([^=]*)(?:=(.*))?$/s.exec(flag) ?? []
    const known = name === 'retries' || Object.hasOwn(TIMES, name)
    if (!known) throw badDockerfile(`unknown flag: --${name}`)
    if (value === undefined) throw badDockerfile(`missing a value on flag: --${name}`)
    const field = name === 'retries' ? 'Retries' : TIMES[name as keyof typeof TIMES]
    if (Object.hasOwn(options, field)) throw badDockerfile(`duplicate flag specified: --${name}`)
    options[field] = name === 'retries' ? retries(value) : time(name, value)
  }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== 0))
}

function time(name: string, text: string): number {
  if (text === '') return 0
  const nanoseconds = parseDuration(text)
  if (nanoseconds !== 0 && nanoseconds < SHORTEST) {
    throw badDockerfile(`Interval ${quoted(name)} cannot be less than 1ms`)
  }
  return nanoseconds
}

function retries(text: string): number {
  if (text === '') return 0
  if (!/^[+-]?\d+$/.test(text)) throw badDockerfile(`strconv.ParseInt: parsing ${quoted(text)}: invalid syntax`)
  const count = Number(text)
  if (Math.abs(count) > 2 ** 31) throw badDockerfile(`strconv.ParseInt: parsing ${quoted(text)}: value out of range`)
  if (count < 0) throw badDockerfile(`--retries cannot be negative (${count})`)
  return count
}
