import { StrataError } from '../../std/index.ts'
import type { Call } from '../exchange.ts'

/** What an image is to run on. */
export interface RequestedPlatform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

/**
 * The `platform` of a request: JSON, from API 1.`since` on; older clients send none. Throws `invalid_argument` with
 * dockerd's texts.
 */
export function platformOf({ query, minor }: Call, since: number): { readonly platform?: RequestedPlatform } {
  const texts = query.all('platform').filter(text => text !== '')
  const [text] = texts
  if (minor < since || text === undefined) return {}
  if (texts.length > 1) throw invalid('multiple platform parameters not supported')
  const value = parsed(text)
  const field = (name: string) => (typeof value[name] === 'string' ? value[name] : '')
  const [os, architecture, variant] = ['os', 'architecture', 'variant'].map(field) as [string, string, string]
  if (os === '' || architecture === '') throw invalid('both OS and Architecture must be provided')
  return { platform: { os, architecture, ...(variant && { variant }) } }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>
  } catch {
    // Told below.
  }
  const first = text.trim()[0] ?? ''
  const why = /["{[0-9tfn-]/.test(first)
    ? 'not a platform'
    : `invalid character '${first}' looking for beginning of value`
  throw invalid(`failed to parse platform: ${why}`)
}

function invalid(message: string): StrataError {
  return new StrataError('invalid_argument', message)
}
