import assert from 'node:assert/strict'
import { test } from 'node:test'
import { block, padded } from '../../archive/testdata/raw-tar.ts'
import { openPassingLease } from '../../images/index.ts'
import { digestOf } from '../../oci/index.ts'
import { bytesOf } from '../../std/index.ts'
import { loadImages } from '../index.ts'
import { gzip, newPuller, tarOf } from '../testdata/fixtures.ts'

test('of many layers in one chunk of an archive a few are taken at a time', async t => {
  let now = 0
  let most = 0
  const store = await newPuller(t, {
    wrap: layers =>
      Object.assign(Object.create(layers), {
        async ingest(...args: Parameters<typeof layers.ingest>) {
          most = Math.max(most, ++now)
          try {
            return await layers.ingest(...args)
          } finally {
            now--
          }
        },
      }),
  })
  const tars = Array.from({ length: 20 }, (_, number) => tarOf(`file${number}`, Buffer.from(`${number}`)))
  const diffIDs = tars.map(tar => digestOf(tar))
  const config = Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: diffIDs } }),
  )
  const blobs = [config, ...tars.map(gzip)].map(bytes => ({ bytes, path: `blobs/sha256/${digestOf(bytes).slice(7)}` }))
  const [Config, ...Layers] = blobs.map(({ path }) => path)
  const items = Buffer.from(JSON.stringify([{ Config, RepoTags: ['many:1'], Layers }]))
  const entries = [...blobs, { bytes: items, path: 'manifest.json' }]
  const archive = entries.flatMap(({ bytes, path }) => [block({ name: path, size: bytes.byteLength }), padded(bytes)])
  using lease = openPassingLease(store.leases, 'load')
  const [record] = await loadImages(bytesOf(Buffer.concat([...archive, Buffer.alloc(1024)])), {
    ...store,
    lease,
    maxLayerSize: 1 << 20,
    progress: () => {},
    signal: new AbortController().signal,
  })
  assert.deepEqual(
    record?.layers.map(({ diffID }) => diffID),
    diffIDs,
  )
  assert.ok(most <= 3, `${most} at once`)
})
