import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'

function put(layout: string, mediaType: string, content: Uint8Array | object) {
  const bytes = content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content))
  const hex = createHash('sha256').update(bytes).digest('hex')
  writeFileSync(`${layout}/blobs/sha256/${hex}`, bytes)
  return { mediaType, digest: `sha256:${hex}`, size: bytes.byteLength }
}

/** An OCI image layout with one image, `tag`, of one uncompressed layer. */
export function writeLayout(layout: string, tag: string, layer: Uint8Array): void {
  mkdirSync(`${layout}/blobs/sha256`, { recursive: true })
  writeFileSync(`${layout}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}')
  const type = 'application/vnd.oci.image'
  const layerDescriptor = put(layout, `${type}.layer.v1.tar`, layer)
  const config = put(layout, `${type}.config.v1+json`, {
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [layerDescriptor.digest] },
  })
  const manifest = put(layout, `${type}.manifest.v1+json`, { schemaVersion: 2, config, layers: [layerDescriptor] })
  const named = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': tag } }
  writeFileSync(`${layout}/index.json`, JSON.stringify({ schemaVersion: 2, manifests: [named] }))
}

/** The last layer of an image of a layout, as it is stored. */
export function topLayer(layout: string, tag: string): Buffer {
  const blob = (digest: string) => readFileSync(`${layout}/blobs/${digest.replace(':', '/')}`)
  const index = JSON.parse(readFileSync(`${layout}/index.json`, 'utf8'))
  const found = index.manifests.find(
    (manifest: { annotations?: Record<string, string> }) =>
      manifest.annotations?.['org.opencontainers.image.ref.name'] === tag,
  )
  return blob(JSON.parse(blob(found.digest).toString()).layers.at(-1).digest)
}
