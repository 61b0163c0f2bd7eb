import type { Descriptor } from '../../oci/index.ts'
import type { TestRegistry } from '../../remotes/testdata/registry.ts'
import { type ImageChoices, image, MANIFEST, noise, OCI_INDEX, tarOf } from './fixtures.ts'

const base = tarOf('base', noise(40_000, 1))

interface IndexChoices extends Pick<ImageChoices, 'compress'> {
  /** Bytes of the layer that each image has alone, which can't be compressed. */
  readonly own?: number
}

/** Pushes `multi:latest`: an index of linux/amd64, linux/arm64/v8, windows/amd64 and the attestation of the first. */
export function pushIndex(registry: TestRegistry, { own: size = 30_000, ...choices }: IndexChoices = {}) {
  const of = (os: string, architecture: string, own: number) =>
    image(registry, 'multi', [base, tarOf('own', noise(size, own))], { platform: { os, architecture }, ...choices })
  const [amd64, arm64, windows] = [of('linux', 'amd64', 2), of('linux', 'arm64', 3), of('windows', 'amd64', 4)]
  const statement = { mediaType: 'application/vnd.in-toto+json', ...registry.blob(Buffer.from('{"statement":1}')) }
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', ...registry.blob(Buffer.from('{}')) }
  const attestation = registry.manifest('multi', 'latest', MANIFEST, {
    ...{ schemaVersion: 2, mediaType: MANIFEST, config, layers: [statement] },
  })
  const manifests = [
    { ...amd64.manifest, platform: { os: 'linux', architecture: 'amd64' } },
    { ...arm64.manifest, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
    { ...windows.manifest, platform: { os: 'windows', architecture: 'amd64', 'os.version': '10.0.1' } },
    {
      ...attestation,
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': amd64.manifest.digest,
      },
    },
  ]
  const index = registry.manifest('multi', 'latest', OCI_INDEX, { schemaVersion: 2, mediaType: OCI_INDEX, manifests })
  return { amd64, arm64, windows, attestation, statement, config, index }
}

/** As {@link pushIndex}, and without a tag an index of an index of that one. */
export function pushNestedIndex(registry: TestRegistry, choices: IndexChoices = {}) {
  const pushed = pushIndex(registry, choices)
  const wrap = (inner: Descriptor) =>
    registry.manifest('multi', undefined, OCI_INDEX, { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [inner] })
  const middle = wrap(pushed.index)
  return { ...pushed, middle, outer: wrap(middle) }
}
