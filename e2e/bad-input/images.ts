import { join } from 'node:path'
import { file, folder, link, special, symlink, tarOf } from '../../src/layers/testsuite/tar.ts'
import type { TestRegistry } from '../../src/remotes/testdata/registry.ts'
import { layerFrom, serveImage } from '../fixtures/crafted.ts'
import { type Image, imageOf, indexOf, jsonBlob, type Layer } from '../fixtures/image-builder.ts'
import { busyboxImage } from '../fixtures/images.ts'
import type { Random } from '../fixtures/random.ts'

const oci = 'application/vnd.oci.image'

/** Images that something is wrong with, each under its own name, in a registry; `good` is as it should be. */
export async function serveBadImages(
  registry: TestRegistry,
  { root, random }: { readonly root: string; readonly random: Random },
): Promise<Readonly<Record<string, Image>>> {
  const good = await busyboxImage({ into: join(root, 'layers') })
  const base = good.blobs.filter((blob): blob is Layer => 'diffId' in blob)
  const on = (...layers: Layer[]) => imageOf([...base, ...layers], { flavor: 'oci', config: { Cmd: ['sh'] } })
  const noise = async (name: string) => layerFrom(await tarOf(file(name, random.bytes(300_000))))
  const spoiled = async (name: string, damage: (bytes: Buffer) => Buffer) =>
    layerFrom(await tarOf(file(name, random.bytes(300_000))), { damage })
  const lying = await noise('lying')
  const images: Record<string, Image> = {
    good,
    'wrong-digest': on(await noise('wrong-digest')),
    'wrong-gzip': on(await noise('wrong-gzip')),
    truncated: on(await noise('truncated')),
    'cut-off': on(await noise('cut-off')),
    'missing-blob': on(await noise('missing-blob')),
    'corrupt-gzip': on(await spoiled('corrupt-gzip', bytes => bytes.fill(0x55, 150_000, 150_400))),
    'cut-gzip': on(await spoiled('cut-gzip', bytes => bytes.subarray(0, 150_000))),
    'no-gzip': on(await spoiled('no-gzip', () => Buffer.alloc(4096, 'no gzip'))),
    'no-tar': on(layerFrom(Buffer.alloc(4096, 'no tar'))),
    'cut-tar': on(layerFrom((await tarOf(file('x', random.bytes(5000)))).subarray(0, 3000))),
    'wrong-diff-id': on({ ...lying, diffId: `sha256:${'1'.repeat(64)}` }),
    bomb: on(layerFrom(await tarOf(file('bomb', Buffer.alloc(30_000_000))))),
    escaping: on(layerFrom(await escapingTar())),
    'link-out': on(layerFrom(await tarOf(link('strata-escape-link', '../../../../../../../../etc/passwd')))),
    dots: on(layerFrom(await dotsTar())),
    devices: on(layerFrom(await deviceTar())),
  }
  images.index = indexOf({ amd64: good })
  const [config] = good.blobs
  const document = (value: object): Image => ({
    manifest: jsonBlob(`${oci}.manifest.v1+json`, value),
    blobs: [config!, ...base],
    children: [],
  })
  const manifest = JSON.parse(Buffer.from(good.manifest.content as Uint8Array).toString()) as {
    layers: object[]
    config: object
  }
  const whole = { ...manifest, mediaType: `${oci}.manifest.v1+json` }
  images['large-manifest'] = document({ ...whole, annotations: { padding: 'x'.repeat(4 * 2 ** 20) } })
  images['strange-manifest'] = {
    ...good,
    manifest: jsonBlob('application/vnd.example.strange+json', {
      ...manifest,
      mediaType: 'application/vnd.example.strange+json',
    }),
  }
  images['strange-config'] = document({
    ...whole,
    config: { ...whole.config, mediaType: 'application/vnd.example.config+json' },
  })
  images['strange-layer'] = document({
    ...whole,
    layers: whole.layers.map(layer => ({ ...layer, mediaType: 'application/vnd.example.layer' })),
  })
  images['no-json'] = {
    ...good,
    manifest: { ...jsonBlob(`${oci}.manifest.v1+json`, {}), content: Buffer.from('{"schemaVersion": 2,') },
  }
  for (const [name, image] of Object.entries(images)) await serveImage(registry, name, image)
  return images
}

/** Ways out of the root that a tar can try; names that must not appear outside begin with `strata-escape`. */
async function escapingTar(): Promise<Buffer> {
  return tarOf(
    file('/tmp/strata-escape-absolute', 'absolute'),
    folder('trap'),
    symlink('trap/out', '/tmp'),
    file('trap/out/strata-escape-symlink', 'through an absolute symlink'),
    symlink('trap/up', '../../../../../../tmp'),
    file('trap/up/strata-escape-relative', 'through a relative symlink'),
    symlink('trap/passwd', '/etc/passwd'),
    file('trap/passwd', 'in place of a symlink'),
  )
}

async function dotsTar(): Promise<Buffer> {
  return tarOf(
    file('../strata-escape-dots', 'by dots'),
    file('../../../../../../../../tmp/strata-escape-deep', 'by many dots'),
  )
}

async function deviceTar(): Promise<Buffer> {
  return tarOf(
    folder('nodes'),
    special('char', 'nodes/kmsg', { mode: 0o666, devmajor: 1, devminor: 11 }),
    special('char', 'nodes/null', { mode: 0o666, devmajor: 1, devminor: 3 }),
    special('block', 'nodes/loop', { mode: 0o666, devmajor: 7, devminor: 0 }),
    special('fifo', 'nodes/fifo', { mode: 0o666 }),
  )
}
