import { layerFrom } from '../fixtures/crafted.ts'
import { type Blob, descriptorOf, type Image, jsonBlob } from '../fixtures/image-builder.ts'
import { busyboxImage } from '../fixtures/images.ts'
import type { Scenario } from '../fixtures/scenario.ts'

const zeros = '0'.repeat(64)

const oci = 'application/vnd.oci.image'

/** Something in the form of an image. */
function artifact(config: Blob, layers: readonly Blob[]): Image {
  const mediaType = `${oci}.manifest.v1+json`
  const document = { schemaVersion: 2, mediaType, config: descriptorOf(config), layers: layers.map(descriptorOf) }
  return { manifest: jsonBlob(mediaType, document), blobs: [config, ...layers], children: [] }
}

function indexWith(child: Image, more: Readonly<Record<string, unknown>>): Image {
  const mediaType = `${oci}.index.v1+json`
  const manifests = [{ ...descriptorOf(child.manifest), ...more }]
  return { manifest: jsonBlob(mediaType, { schemaVersion: 2, mediaType, manifests }), blobs: [], children: [child] }
}

/** What can't be pulled, and why. */
export const pullErrors: Scenario = {
  name: 'pull-errors',
  async images(into) {
    const busybox = await busyboxImage({ into })
    const [config, layer] = busybox.blobs as [Blob, Blob]
    const words = layerFrom(Buffer.from('words'), { compression: 'none' })
    const chart = artifact(jsonBlob('application/vnd.cncf.helm.config.v1+json', { name: 'chart' }), [
      { ...words, mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip' },
    ])
    const amd64 = { os: 'linux', architecture: 'amd64' }
    return {
      'busybox:latest': busybox,
      'empty:latest': artifact(config, []),
      'chart:latest': chart,
      'listed-chart:latest': indexWith(chart, { platform: amd64 }),
      'signature:latest': artifact(jsonBlob('application/vnd.oci.image.config.v1+json', { author: 'me' }), [
        { ...words, mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json' },
      ]),
      'strange-layer:latest': artifact(jsonBlob('application/vnd.oci.image.config.v1+json', { author: 'you' }), [
        { ...layer, mediaType: 'application/vnd.example.layer' },
      ]),
      'model:latest': artifact(jsonBlob('application/vnd.docker.ai.model.config.v0.1+json', {}), [words]),
    }
  },
  steps: registry => [
    ['pull', `${registry}/nothing`],
    ['pull', `${registry}/busybox:nothing`],
    ['pull', `${registry}/busybox@sha256:${zeros}`],
    ['pull', `${registry}/busybox@sha256:1234`],
    ['pull', `${registry}/Busybox`],
    ['pull', `${registry}/busybox:a:b`],
    ['pull', ''],
    ['pull', '127.0.0.1:1/busybox'],
    ['pull', '-a', `${registry}/busybox:latest`],
    ['pull', 'scratch'],
    ['pull', '-a', 'library/scratch'],
    ['pull', '-q', `${registry}/nothing`],
    ['pull', `${registry}/busybox:${'a'.repeat(129)}`],
    ['pull', `http://${registry}/busybox`],
    ...['empty', 'chart', 'listed-chart', 'signature', 'strange-layer', 'model'].map(name => [
      'pull',
      `${registry}/${name}`,
    ]),
    ['run', '--rm', '--pull', 'never', `${registry}/busybox`, 'true'],
    ['run', '--rm', `${registry}/nothing`, 'true'],
    ['run', '--rm', '--pull', 'sometimes', `${registry}/busybox`, 'true'],
    ['create', '--name', 'x', `${registry}/nothing:tag`],
    ['ps', '-a'],
    ['images'],
  ],
}
