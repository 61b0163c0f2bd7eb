import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { digestOf } from '../../oci/index.ts'
import { formatReference } from '../../reference/index.ts'
import { isStrataError } from '../../std/index.ts'
import { findCandidates } from './candidates.ts'
import type { Entry, Files } from './files.ts'

const zeros = Buffer.alloc(1024)
const layer = digestOf(zeros)

/** Folders of images by their documents, with layers in which nothing is. */
function archiveOf(images: Readonly<Record<string, unknown>>, repositories: unknown): Files {
  const document = (value: unknown): Entry => ({
    kind: 'document',
    bytes:
      value instanceof Uint8Array
        ? value
        : Buffer.from(typeof value === 'string' ? value : (JSON.stringify(value) ?? '')),
  })
  const files: Files = new Map([['repositories', document(repositories)]])
  for (const [id, json] of Object.entries(images)) {
    files.set(`${id}/json`, document(json))
    files.set(`${id}/layer.tar`, { kind: 'document', bytes: zeros })
  }
  return files
}

async function imagesOf(files: Files) {
  return (await findCandidates(files, undefined)).images
}

test('a chain becomes images with the layers and the history of all that is below, and parents', async () => {
  const command = (text: string) => ({ docker_version: '1.9.0', container_config: { Cmd: ['run', text] } })
  const [first, second, third, ...others] = await imagesOf(
    archiveOf(
      {
        a: { id: 'a', parent: 'c', ...command('<top>') },
        b: { id: 'b', parent: 'm', ...command('middle') },
        c: { id: 'c', parent: 'b', ...command('below') },
        m: { id: 'm', os: 'linux', author: 'me', created: '2014-01-01T00:00:00.10+00:00', Size: 1, throwaway: true },
      },
      { x: { 1: 'a', 2: 'b' }, 'y/z': { 1: 'a' } },
    ),
  )
  assert.ok(first && second && third)
  const [top] = others
  assert.ok(top)
  assert.equal(others.length, 1)
  assert.equal(
    Buffer.from(first.configBytes).toString(),
    '{"author":"me","container_config":{"Hostname":"","Domainname":"","User":"","AttachStdin":false,' +
      '"AttachStdout":false,"AttachStderr":false,"Tty":false,"OpenStdin":false,"StdinOnce":false,"Env":null,"Cmd":null,' +
      '"Image":"","Volumes":null,"WorkingDir":"","Entrypoint":null,"OnBuild":null,"Labels":null},' +
      '"created":"2014-01-01T00:00:00.1Z",' +
      `"history":[{"created":"2014-01-01T00:00:00.1Z","author":"me"}],"os":"linux",` +
      `"rootfs":{"type":"layers","diff_ids":["${layer}"]}}`,
  )
  assert.equal(
    Buffer.from(second.configBytes).toString(),
    '{"container_config":{"Cmd":["run","middle"]},"docker_version":"1.9.0",' +
      '"history":[{"created":"2014-01-01T00:00:00.1Z","author":"me"},{"created_by":"run middle"}],' +
      `"rootfs":{"type":"layers","diff_ids":["${layer}","${layer}"]}}`,
  )
  assert.match(Buffer.from(top.configBytes).toString(), /"created_by":"run \\u003ctop\\u003e"\}\],"rootfs"/)
  assert.deepEqual(
    [first, second, third, top].map(each => each.parent),
    [undefined, first.id, second.id, third.id],
  )
  assert.deepEqual(top.layers, ['m/layer.tar', 'b/layer.tar', 'c/layer.tar', 'a/layer.tar'])
  assert.deepEqual(
    [first, second, third, top].map(({ references }) => references.map(formatReference)),
    [[], ['docker.io/library/x:2'], [], ['docker.io/library/x:1', 'docker.io/y/z:1']],
  )
})

test('what is no chain of images of the archive is refused', async () => {
  const refused = async (images: Readonly<Record<string, unknown>>, message: string | RegExp) =>
    assert.rejects(imagesOf(archiveOf(images, {})), { code: 'invalid_argument', message })
  await refused({ a: { parent: 'a' } }, 'image a is its own parent')
  await refused({ a: { parent: 'b' }, b: { parent: 'c' }, c: { parent: 'b' } }, 'image b is its own parent')
  await refused({ a: { parent: '../a' } }, '../a/json is not in the archive')
  await refused({ a: { parent: 'x/../../../a' } }, 'x/../../../a/json is not in the archive')
  await refused({ a: { parent: 'b' } }, 'open b/json: no such file or directory')
  const deep = Array.from({ length: 126 }, (_, index) => [`i${index}`, index === 0 ? {} : { parent: `i${index - 1}` }])
  await refused(Object.fromEntries(deep), 'max depth exceeded')
})

test('configs of more than 64 MiB in all are refused', async () => {
  const base = { author: 'x'.repeat(1 << 20) }
  const children = Array.from({ length: 80 }, (_, index) => [`c${index}`, { parent: 'a' }])
  await assert.rejects(imagesOf(archiveOf({ a: base, ...Object.fromEntries(children) }, {})), {
    code: 'invalid_argument',
    message: `the images of the archive have more than ${64 << 20} bytes of configs`,
  })
})

test('images of any documents are read or refused', async () => {
  const id = fc.constantFrom('a', 'b', 'c', '..', '../a', 'a/b', './a', '')
  const anything = fc.oneof(fc.jsonValue(), id, fc.constant(null))
  const command = fc.record({ Cmd: anything, Env: anything, Labels: anything, Volumes: anything }, { requiredKeys: [] })
  const json = fc.record(
    {
      parent: fc.oneof({ arbitrary: id, weight: 3 }, anything),
      os: fc.oneof(fc.constantFrom('linux', 'windows'), anything),
      docker_version: fc.oneof(fc.constantFrom('1.8.2', '1.9.1'), anything),
      created: fc.oneof(fc.constant('2014-01-01T00:00:00Z'), anything),
      config: fc.oneof(command, anything),
      container_config: fc.oneof(command, anything),
      history: anything,
    },
    { requiredKeys: [] },
  )
  const images = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.oneof(json, anything, fc.string()))
  await fc.assert(
    fc.asyncProperty(images, fc.oneof(fc.dictionary(id, fc.dictionary(id, id)), anything), async (folders, names) => {
      try {
        for (const { id, configBytes } of await imagesOf(archiveOf(folders, names))) {
          assert.equal(id, digestOf(configBytes))
        }
      } catch (error) {
        assert.ok(isStrataError(error, 'invalid_argument'), String(error))
      }
    }),
    { numRuns: 2000 },
  )
})

test('a document keeps bytes that are no UTF-8; where it is written anew each is U+FFFD', async () => {
  const document = (version: string) =>
    Buffer.from(`{"docker_version":"${version}","author":"caf\xe9\xf0\x9f"}`, 'latin1')
  const [image] = await imagesOf(archiveOf({ a: document('1.9.0') }, {}))
  const text = Buffer.from(image!.configBytes).toString('latin1')
  assert.ok(text.startsWith('{"author":"caf\xe9\xf0\x9f","docker_version"'), text)
  assert.ok(text.includes('"history":[{"author":"caf\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}]'), text)
  const [older] = await imagesOf(archiveOf({ a: document('1.8.0') }, {}))
  assert.equal(older!.imageConfig.author, 'caf\ufffd\ufffd\ufffd')
  assert.ok(Buffer.from(older!.configBytes).toString().includes('"author":"caf\ufffd\ufffd\ufffd"'))
})

test('a number that is not written as a whole one is none', async () => {
  for (const size of ['1.0', '1e3', '9223372036854775808']) {
    const message = `json: cannot unmarshal number ${size} into Go struct field V1Image.Size of type int64`
    await assert.rejects(imagesOf(archiveOf({ a: `{"Size":${size}}` }, {})), { code: 'invalid_argument', message })
  }
  assert.equal((await imagesOf(archiveOf({ a: '{"Size":-0,"other":1e400}' }, {}))).length, 1)
})
