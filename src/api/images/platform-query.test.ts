import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call } from '../exchange.ts'
import { parseQuery } from '../query.ts'
import { onlyPlatformOf, platformOf, platformsOf } from './platform-query.ts'

const arm64 = '{"OS":"linux","Architecture":"arm64","variant":null}'
const amd64 = '{"os":"linux","architecture":"amd64","variant":"v2"}'

/** A request of API 1.48 with these values of `name`. */
function asked(name: string, ...values: string[]): Call {
  const search = values.map(value => `${name}=${encodeURIComponent(value)}`).join('&')
  return { minor: 48, query: parseQuery(search) } as Call
}

test('platforms of a query', () => {
  const [first, second] = [
    { architecture: 'arm64', os: 'linux' },
    { architecture: 'amd64', os: 'linux', variant: 'v2' },
  ]
  assert.deepEqual(platformOf(asked('platform'), 48), {})
  assert.deepEqual(platformOf(asked('platform', 'anything'), 49), {})
  assert.deepEqual(platformOf(asked('platform', arm64, amd64), 48), { platform: first })
  assert.deepEqual(onlyPlatformOf(asked('platform', arm64), 48), { platform: first })
  assert.throws(() => onlyPlatformOf(asked('platform', arm64, amd64), 48), {
    ...{ code: 'invalid_argument', message: 'multiple platform parameters not supported' },
  })
  assert.deepEqual(platformsOf(asked('platforms', arm64, amd64), 48), { platforms: [first, second] })
  assert.deepEqual(platformsOf(asked('platforms', 'anything'), 50), { platforms: [] })
})

test('what is no platform, in the words of dockerd', () => {
  const refusals = {
    '{}': 'both OS and Architecture must be provided',
    null: 'both OS and Architecture must be provided',
    '{"os":"linux"}': 'both OS and Architecture must be provided',
    'linux/amd64': "failed to parse platform: invalid character 'l' looking for beginning of value",
    '{"os":5}':
      'failed to parse platform: json: cannot unmarshal number into Go struct field Platform.os of type string',
    '{"os":': 'failed to parse platform: unexpected end of JSON input',
    '{}x': "failed to parse platform: invalid character 'x' after top-level value",
    '["x"]': 'failed to parse platform: json: cannot unmarshal array into Go value of type v1.Platform',
  }
  for (const [text, message] of Object.entries(refusals)) {
    assert.throws(() => platformOf(asked('platform', text), 48), { code: 'invalid_argument', message })
  }
})
