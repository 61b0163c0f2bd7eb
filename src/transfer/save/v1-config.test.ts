import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asDiffID, digestOf } from '../../oci/index.ts'
import { v1Configs } from './v1-config.ts'

const layers = ['one', 'two'].map(text => asDiffID(digestOf(text)))

function documents(config: object): Record<string, unknown>[] {
  const bytes = Buffer.from(JSON.stringify(config))
  return v1Configs(bytes, layers).map(each => JSON.parse(each.toString()) as Record<string, unknown>)
}

test('each layer has a document that names the one below', () => {
  const [lower, upper] = documents({ os: 'linux', architecture: 'arm64', created: '2024-01-01T00:00:00.120Z' })
  assert.deepEqual(Object.keys(lower!), ['id', 'created', 'container_config', 'os'])
  assert.equal(lower!.created, '1970-01-01T00:00:00Z')
  assert.deepEqual(Object.keys(upper!), ['id', 'parent', 'created', 'container_config', 'architecture', 'os'])
  assert.equal(upper!.parent, lower!.id)
  assert.equal(upper!.created, '2024-01-01T00:00:00.12Z')
})

test('what a config says is written as Go does: maps sorted, nothing that HTML could mistake, zeros left out', () => {
  const config = { Labels: { b: '<', 10: 'ten', 9: '&' }, StopSignal: '', Shell: [], Unknown: 1, Cmd: ['a>b'] }
  const bytes = Buffer.from(JSON.stringify({ os: 'linux', config }))
  const text = v1Configs(bytes, layers).at(-1)!.toString()
  assert.match(text, /"Cmd":\["a\\u003eb"\]/)
  assert.match(text, /"Labels":\{"10":"ten","9":"\\u0026","b":"\\u003c"\}/)
  assert.doesNotMatch(text, /StopSignal|Shell|Unknown/)
})

test('a config of wrong types says nothing, and breaks nothing', () => {
  const [, upper] = documents({ os: 1, created: {}, config: [], container_config: 'x', author: null })
  assert.deepEqual(upper!.created, null)
  assert.ok(!('os' in upper!))
})
