import { jsonBlob } from '../fixtures/image-builder.ts'
import { busyboxImage } from '../fixtures/images.ts'
import type { Scenario } from '../fixtures/scenario.ts'

const zeros = '0'.repeat(64)

/** What can't be pulled, and why. */
export const pullErrors: Scenario = {
  name: 'pull-errors',
  async images(into) {
    const busybox = await busyboxImage({ into })
    const future = jsonBlob('application/vnd.oci.image.manifest.v1+json', {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: busybox.blobs[0],
      layers: [],
    })
    return { 'busybox:latest': busybox, 'empty:latest': { ...busybox, manifest: future } }
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
    ['run', '--rm', '--pull', 'never', `${registry}/busybox`, 'true'],
    ['run', '--rm', `${registry}/nothing`, 'true'],
    ['run', '--rm', '--pull', 'sometimes', `${registry}/busybox`, 'true'],
    ['create', '--name', 'x', `${registry}/nothing:tag`],
    ['ps', '-a'],
    ['images'],
  ],
}
