import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isStrataError } from '../../std/index.ts'
import { findCandidates } from './candidates.ts'
import { type Entry, type Files, findFile } from './files.ts'
import { parseItems } from './items.ts'
import { parseRepositories } from './repositories.ts'

const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value) ?? '')

/** Documents as archives have them, with anything in the place of anything. */
const text = fc.oneof(fc.string(), fc.constantFrom('a:1', 'UPPER:x', 'a@sha256:0', 'manifest.json', '../x', '/', ''))
const anything = fc.oneof(fc.jsonValue(), text, fc.array(text), fc.constant(null))
const item = fc.oneof(
  fc.record({ Config: anything, RepoTags: anything, Layers: anything, Parent: anything }, { requiredKeys: [] }),
  anything,
)
const descriptor = fc.record(
  {
    mediaType: fc.oneof(
      fc.constantFrom('application/vnd.oci.image.manifest.v1+json', 'application/vnd.oci.image.index.v1+json'),
      anything,
    ),
    digest: fc.oneof(fc.constant(`sha256:${'a'.repeat(64)}`), anything),
    size: fc.oneof(fc.nat(), anything),
    annotations: fc.oneof(
      fc.record({ 'io.containerd.image.name': anything, 'org.opencontainers.image.ref.name': anything }),
      anything,
    ),
  },
  { requiredKeys: [] },
)
const index = fc.record(
  { schemaVersion: fc.oneof(fc.constant(2), anything), manifests: fc.oneof(fc.array(descriptor), anything) },
  { requiredKeys: [] },
)

/** Runs `parse` and makes sure that all it may do is refuse. */
async function refusesAtMost(parse: () => unknown): Promise<void> {
  try {
    await parse()
  } catch (error) {
    assert.ok(isStrataError(error, 'invalid_argument') || isStrataError(error, 'not_found'), String(error))
  }
}

test('manifest.json and repositories of any bytes and any JSON are read or refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async bytes => {
      await refusesAtMost(() => parseItems(bytes))
      await refusesAtMost(() => parseRepositories(bytes).map(({ reference }) => reference()))
    }),
  )
  await fc.assert(
    fc.asyncProperty(fc.dictionary(text, fc.oneof(fc.dictionary(text, anything), anything)), value =>
      refusesAtMost(() => parseRepositories(bytesOf(value)).map(({ reference }) => reference())),
    ),
    { numRuns: 1000 },
  )
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.array(item), item), fc.string(), (value, rest) =>
      refusesAtMost(() => parseItems(Buffer.concat([bytesOf(value), Buffer.from(rest)]))),
    ),
    { numRuns: 2000 },
  )
})

test('what follows the value of manifest.json does not matter, as in Go', () => {
  const value = [{ Config: 'c', RepoTags: ['x:1'], Layers: ['l'] }]
  const expected = [{ config: 'c', layers: ['l'], references: [{ domain: 'docker.io', path: 'library/x', tag: '1' }] }]
  assert.deepEqual(parseItems(bytesOf(value)), expected)
  assert.deepEqual(parseItems(Buffer.concat([bytesOf(value), Buffer.from(' {')])), expected)
})

test('the documents of any archive are understood or refused', async () => {
  const digest = 'a'.repeat(64)
  await fc.assert(
    fc.asyncProperty(fc.array(item), index, index, anything, async (items, top, nested, config) => {
      const files = new Map<string, Entry>([
        ['index.json', { kind: 'document', bytes: bytesOf(top) }],
        [`blobs/sha256/${digest}`, { kind: 'document', bytes: bytesOf(nested) }],
        ['a:1', { kind: 'document', bytes: bytesOf(config) }],
      ])
      await refusesAtMost(() => findCandidates(files, undefined))
      await refusesAtMost(() => findCandidates(files, { os: 'linux', architecture: 'arm64' }))
      files.set('manifest.json', { kind: 'document', bytes: bytesOf(items) })
      await refusesAtMost(() => findCandidates(files, undefined))
    }),
    { numRuns: 2000 },
  )
})

test('a schema version of any kind is told, not stumbled over', () => {
  const files = new Map<string, Entry>([
    ['index.json', { kind: 'document', bytes: bytesOf({ schemaVersion: { toString: null } }) }],
  ])
  return assert.rejects(findCandidates(files, undefined), /unrecognized manifest schema version {"toString":null}/)
})

test('links lead anywhere but out of the archive, and never for ever', () => {
  const name = fc.stringMatching(/^[ab](\/[abc])?(\/[abc])?$/)
  const target = fc.stringMatching(/^(\.\.\/|\/)?[ab](\/\.\.)?(\/[abc])?$/)
  fc.assert(
    fc.property(fc.array(fc.tuple(name, target)), fc.array(name), name, (links, documents, wanted) => {
      const files: Files = new Map()
      for (const path of documents) files.set(path, { kind: 'document', bytes: Buffer.from(path) })
      for (const [path, to] of links) files.set(path, { kind: 'link', target: to })
      const found = findFile(files, wanted)
      assert.ok(found === undefined || found.kind === 'document')
    }),
  )
  const files: Files = new Map([
    ['a/x', { kind: 'document', bytes: Buffer.from('found') }],
    ['b', { kind: 'link', target: 'a' }],
    ['c', { kind: 'link', target: 'b/x' }],
  ])
  assert.deepEqual(findFile(files, './c'), files.get('a/x'))
})
