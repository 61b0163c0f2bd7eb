import type { Platform } from '../../apitypes/index.ts'
import { innerList, omitEmpty, parseWhole, read, string, struct } from '../../gojson/index.ts'
import { reworded, StrataError } from '../../std/index.ts'
import type { Call } from '../exchange.ts'

const shape = struct<Platform>('v1.Platform', {
  architecture: string,
  os: string,
  'os.version': omitEmpty(string),
  'os.features': omitEmpty(innerList(string)),
  variant: omitEmpty(string),
})

/** Which of the images of a name is meant. */
export interface PlatformOption {
  readonly platform?: Platform
}

/**
 * The `platform` of a request, or another parameter like it: JSON, from API 1.`since` on; older clients send none. Of several the first, where Docker
 * has it so. Throws `invalid_argument` with dockerd's texts.
 */
export function platformOf({ query, minor }: Call, since: number, parameter = 'platform'): PlatformOption {
  const text = query.optional(parameter)
  return minor < since || text === undefined ? {} : { platform: parsePlatform(text) }
}

/** As {@link platformOf}, where Docker refuses several. */
export function onlyPlatformOf(call: Call, since: number): PlatformOption {
  if (call.minor >= since && call.query.all('platform').filter(text => text !== '').length > 1) {
    throw new StrataError('invalid_argument', 'multiple platform parameters not supported')
  }
  return platformOf(call, since)
}

/** The `platforms` of a request, from API 1.`since` on. Throws `invalid_argument` with dockerd's texts. */
export function platformsOf({ query, minor }: Call, since: number): { readonly platforms: readonly Platform[] } {
  return { platforms: minor < since ? [] : query.all('platforms').map(parsePlatform) }
}

function parsePlatform(text: string): Platform {
  const platform = reworded(
    () => read(shape, parseWhole(text), 'Platform'),
    message => new StrataError('invalid_argument', `failed to parse platform: ${message}`),
  )
  if (platform.os !== '' && platform.architecture !== '') return platform
  throw new StrataError('invalid_argument', 'both OS and Architecture must be provided')
}
