import { busyboxImage, multiPlatformImage } from '../fixtures/images.ts'
import type { Scenario } from '../fixtures/scenario.ts'

const members = [
  'Id',
  'RepoTags',
  'RepoDigests',
  'Created',
  'Architecture',
  'Variant',
  'Os',
  'Config',
  'RootFS',
  'Author',
]

/** Pulling, listing, tagging and removing images. */
export const images: Scenario = {
  name: 'images',
  async images(into) {
    const busybox = await busyboxImage({ into })
    const oci = await busyboxImage(
      { into: `${into}-oci`, flavor: 'oci', created: '2024-02-02T00:00:00Z' },
      { Labels: { flavor: 'oci' }, User: 'app' },
    )
    return {
      'busybox:latest': busybox,
      'busybox:1': busybox,
      'library/oci:latest': oci,
      'multi:latest': await multiPlatformImage({ into: `${into}-multi`, flavor: 'oci' }),
    }
  },
  steps: registry => [
    ['images'],
    ['pull', `${registry}/busybox`],
    ['pull', `${registry}/busybox`],
    ['pull', '-q', `${registry}/busybox:1`],
    ['pull', `${registry}/library/oci:latest`],
    ['images'],
    ['images', '--digests', '--no-trunc'],
    ['images', '-q'],
    ['images', `${registry}/busybox`],
    ['images', '--filter', 'label=flavor=oci'],
    ['images', '--filter', 'label=flavor=none'],
    ['images', '--filter', 'reference=*/busybox:1'],
    { args: ['inspect', `${registry}/busybox`], members },
    { args: ['image', 'inspect', `${registry}/library/oci`], members },
    ['history', `${registry}/busybox`],
    ['history', '--no-trunc', '-q', `${registry}/busybox`],
    ['tag', `${registry}/busybox`, 'mine'],
    ['tag', `${registry}/busybox`, 'mine:two'],
    ['tag', `${registry}/busybox`, 'UPPER:case'],
    ['tag', 'nothing', 'mine:three'],
    ['images', 'mine'],
    ['rmi', 'mine:two'],
    ['rmi', `${registry}/busybox:1`],
    ['rmi', 'mine', `${registry}/busybox`],
    ['rmi', `${registry}/busybox`],
    ['rmi', '-f', `${registry}/busybox`],
    ['inspect', `${registry}/busybox`],
    ['image', 'inspect', `${registry}/busybox`],
    ['history', `${registry}/busybox`],
    ['pull', `${registry}/multi`],
    ['inspect', '--format', '{{.Architecture}} {{json .Config.Env}}', `${registry}/multi`],
    ['pull', '--platform', 'linux/arm64', `${registry}/multi`],
    ['inspect', '--format', '{{.Architecture}} {{.Variant}} {{json .Config.Env}}', `${registry}/multi`],
    ['pull', '--platform', 'linux/s390x', `${registry}/multi`],
    ['pull', '--platform', 'linux/x/y/z', `${registry}/multi`],
    ['rmi', `${registry}/multi`, `${registry}/library/oci`],
    ['images', '-a'],
  ],
}
