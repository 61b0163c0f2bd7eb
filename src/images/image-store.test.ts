import assert from 'node:assert/strict'
import { test } from 'node:test'
import { putBlob } from '../content/index.ts'
import { type Digest, digestOf, hexOf, mediaTypes } from '../oci/index.ts'
import { parseReference } from '../reference/index.ts'
import { isStrataError } from '../std/index.ts'
import { createImageStore, isDangling } from './index.ts'
import { imageRecord, newStores } from './testdata/fixtures.ts'

const named = (...texts: string[]) => texts.map(text => ({ reference: parseReference(text) }))
const manifest = { mediaType: mediaTypes.ociManifest, digest: digestOf('manifest'), size: 8 }
const debian = imageRecord('debian')

test('an image, its names, and what they point to', async t => {
  const { images } = await newStores(t)
  images.put(debian, [
    { reference: parseReference('debian'), target: manifest },
    { reference: parseReference(`debian@${manifest.digest}`), target: manifest },
    ...named('me/app:1'),
  ])
  const { record, tags, digests } = images.summary(debian.id)
  assert.deepEqual(tags, ['docker.io/library/debian:latest', 'docker.io/me/app:1'])
  assert.deepEqual(digests, [`docker.io/library/debian@${manifest.digest}`])
  assert.match(record.lastTagged ?? '', /^\d{4}-.*Z$/)
  assert.deepEqual({ ...record, lastTagged: undefined }, { ...debian, lastTagged: undefined })
  assert.deepEqual(images.name(parseReference('debian')), { image: debian.id, target: manifest })
  assert.deepEqual(images.name(parseReference('me/app:1')), { image: debian.id })
  assert.equal([...images.names()].length, 3)
})

test('the list is that of now after every change, and after one that was taken back', async t => {
  const { images, metadata } = await newStores(t)
  const shown = () => images.list().map(({ record, tags }) => [record.id, ...tags])
  assert.deepEqual(shown(), [])
  images.put(debian, named('debian'))
  assert.deepEqual(shown(), [[debian.id, 'docker.io/library/debian:latest']])
  assert.equal(images.list(), images.list())
  images.untag(parseReference('debian'))
  assert.deepEqual(shown(), [[debian.id]])
  const undone = () =>
    metadata.transaction(() => {
      images.tag(parseReference('undone'), debian.id)
      assert.deepEqual(shown(), [[debian.id, 'docker.io/library/undone:latest']])
      throw new Error('no')
    })
  assert.throws(undone, /no/)
  assert.deepEqual(shown(), [[debian.id]])
  images.remove(debian.id)
  assert.deepEqual(shown(), [])
})

test('a tag that moves leaves its old image dangling; untag and remove forget', async t => {
  const { images } = await newStores(t)
  const newer = imageRecord('newer')
  images.put(debian, named('debian'))
  images.put(newer, named('debian'))
  assert.deepEqual(images.summary(debian.id).tags, [])
  assert.deepEqual(images.summary(newer.id).tags, ['docker.io/library/debian:latest'])
  images.tag(parseReference('old'), debian.id)
  assert.equal(images.untag(parseReference('debian')), true)
  assert.equal(images.untag(parseReference('debian')), false)
  assert.deepEqual(images.summary(newer.id).tags, [])
  images.remove(debian.id)
  assert.equal(images.get(debian.id), undefined)
  assert.equal(images.name(parseReference('old')), undefined)
  assert.deepEqual([...images.names()], [])
  assert.throws(
    () => images.tag(parseReference('x'), debian.id),
    error => isStrataError(error, 'not_found'),
  )
  assert.throws(
    () => images.summary(debian.id),
    error => isStrataError(error, 'not_found'),
  )
})

test('a name that holds several platforms: one image is meant, the others are held, and none is dangling', async t => {
  const { images } = await newStores(t)
  const [arm, windows] = [imageRecord('arm'), digestOf('windows')]
  const held = {
    manifests: [
      { digest: digestOf('amd64 manifest'), image: debian.id, blobs: [] },
      { digest: digestOf('arm manifest'), image: arm.id, blobs: [] },
      { digest: windows, blobs: [] },
    ],
    whole: true,
  }
  const points = { target: manifest, held }
  images.put(debian, [{ reference: parseReference('debian'), ...points }], { others: [arm] })
  images.tag(parseReference('mine'), debian.id, points)
  assert.deepEqual(images.name(parseReference('mine')), { image: debian.id, ...points })
  const both = ['docker.io/library/debian:latest', 'docker.io/library/mine:latest']
  assert.deepEqual([images.summary(debian.id).tags, images.summary(debian.id).heldBy], [both, []])
  assert.deepEqual([images.summary(arm.id).tags, images.summary(arm.id).heldBy], [[], both])
  assert.deepEqual(
    images.list().map(summary => isDangling(summary)),
    [false, false],
  )

  images.untag(parseReference('debian'))
  assert.deepEqual(images.summary(arm.id).heldBy, ['docker.io/library/mine:latest'])
  images.remove(arm.id)
  assert.deepEqual(images.name(parseReference('mine')), {
    ...{ image: debian.id, target: manifest },
    held: { manifests: [held.manifests[0], held.manifests[2]], whole: false },
  })
  images.put(debian, [{ reference: parseReference('mine'), ...points }], { others: [arm] })
  images.remove(debian.id)
  assert.equal(images.name(parseReference('mine')), undefined)
  assert.ok(isDangling(images.summary(arm.id)))
})

test('putting an image again keeps what was known of it', async t => {
  const { images } = await newStores(t)
  const source = { mediaType: mediaTypes.ociLayerGzip, digest: digestOf('gz'), size: 3 }
  const pulled = { ...debian, manifest, layers: debian.layers.map(layer => ({ ...layer, source })) }
  images.put(pulled, named('debian'))
  const tagged = images.get(debian.id)?.lastTagged
  images.put(debian, [])
  assert.deepEqual(images.get(debian.id), { ...pulled, lastTagged: tagged })
  assert.deepEqual(images.summary(debian.id).tags, ['docker.io/library/debian:latest'])
})

test('list: newest first, images without a time last', async t => {
  const { images } = await newStores(t)
  const times = ['2024-01-01T00:00:00Z', '', '2024-01-01T02:00:00.123456789+01:00', '2023-01-01T00:00:00Z']
  for (const created of times) images.put(imageRecord(`at ${created}`, { created }), named(`x:${created.length}`))
  assert.deepEqual(
    images.list().map(({ record, tags }) => [record.created, tags]),
    [times[2], times[0], times[3], times[1]].map(created => [
      created,
      images.summary(imageRecord(`at ${created}`).id).tags,
    ]),
  )
})

test('resolve: names, IDs, prefixes', async t => {
  const { images } = await newStores(t)
  const hex = hexOf(debian.id)
  images.put(debian, [...named('debian'), { reference: parseReference(`debian@${manifest.digest}`), target: manifest }])
  const resolves = (text: string, name?: string) => {
    const found = images.resolve(text)
    assert.equal(found.record.id, debian.id, text)
    assert.equal(found.name, name, text)
  }
  resolves('debian', 'docker.io/library/debian:latest')
  resolves('docker.io/library/debian:latest', 'docker.io/library/debian:latest')
  resolves(`debian@${manifest.digest}`, `docker.io/library/debian@${manifest.digest}`)
  resolves(`debian:any@${manifest.digest}`, `docker.io/library/debian@${manifest.digest}`)
  resolves(debian.id)
  resolves(hex)
  resolves(hex.slice(0, 12))
  resolves(hex.slice(0, 1))
  resolves(debian.id.slice(0, 19))
})

test('resolve: a name wins over the beginning of an ID', async t => {
  const { images } = await newStores(t)
  const other = imageRecord('other')
  const prefix = hexOf(debian.id).slice(0, 8)
  images.put(debian, [])
  images.put(other, named(prefix))
  assert.equal(images.resolve(prefix).record.id, other.id)
  assert.equal(images.resolve(`sha256:${prefix}`).record.id, debian.id)
})

test('resolve: what is not there, or could be several', async t => {
  const { images } = await newStores(t)
  // 17 images: two of their IDs begin with the same digit.
  for (let i = 0; i < 17; i++) images.put(imageRecord(`image ${i}`), [])
  const digits = images.list().map(({ record }) => hexOf(record.id).charAt(0))
  const twice = digits.find((digit, position) => digits.indexOf(digit) !== position) ?? ''
  const refuse = (text: string, code: 'not_found' | 'invalid_argument', message: string) =>
    assert.throws(
      () => images.resolve(text),
      error => isStrataError(error, code) && error.message === message,
      text,
    )
  refuse(twice, 'not_found', `No such image: ${twice}:latest`)
  refuse('foo', 'not_found', 'No such image: foo:latest')
  refuse('docker.io/library/foo:1', 'not_found', 'No such image: foo:1')
  refuse('127.0.0.1:5000/foo', 'not_found', 'No such image: 127.0.0.1:5000/foo:latest')
  refuse('sha256:0000', 'not_found', 'No such image: sha256:0000')
  refuse(debian.id, 'not_found', `No such image: ${debian.id}`)
  refuse(hexOf(debian.id), 'not_found', `No such image: ${debian.id}`)
  refuse(`foo@${debian.id}`, 'not_found', `No such image: foo@${debian.id}`)
  refuse('', 'invalid_argument', 'invalid reference format')
  refuse('a b', 'invalid_argument', 'invalid reference format')
  refuse('Foo', 'invalid_argument', 'invalid reference format: repository name (library/Foo) must be lowercase')
})

test('a put that fails leaves nothing', async t => {
  const { images } = await newStores(t)
  const bad = { reference: { domain: 'docker.io', path: 'x', tag: '\ud800' } }
  assert.throws(() => images.put(debian, [...named('debian'), bad]), TypeError)
  assert.equal(images.get(debian.id), undefined)
  assert.equal(images.name(parseReference('debian')), undefined)
})

test('the config is read from content', async t => {
  const { images, content } = await newStores(t)
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } }
  const { digest, size } = await putBlob(content, Buffer.from(JSON.stringify(config)))
  images.put(imageRecord('x', { id: digest, config: { ...debian.config, digest, size } }), [])
  assert.deepEqual(await images.config(digest), config)
  await assert.rejects(images.config(debian.id as Digest), error => isStrataError(error, 'not_found'))
})

test('another store over the same records sees the same', async t => {
  const { images, metadata, content } = await newStores(t)
  images.put(debian, named('debian'))
  assert.deepEqual(createImageStore({ metadata, content }).list(), images.list())
})
