import { busyboxImage, multiPlatformImage } from '../fixtures/images.ts'
import type { Scenario } from '../fixtures/scenario.ts'

const nothing = `sha256:${'0'.repeat(64)}`

/** Images to archives: what is in them, entry for entry, and what can't be saved. */
export const save: Scenario = {
  name: 'save',
  async images(into) {
    const config = {
      User: 'app',
      Labels: { 'a<b': '&c', 10: 'ten', 9: 'nine' },
      ExposedPorts: { '80/tcp': {}, '53/udp': {} },
      Volumes: { '/data': {} },
      Healthcheck: { Test: ['CMD', 'true'], Interval: 1_000_000_000 },
      Entrypoint: ['/bin/sh'],
      StopSignal: 'SIGINT',
      Shell: ['/bin/sh', '-c'],
    }
    return {
      'busybox:latest': await busyboxImage({ into }),
      'library/oci:latest': await busyboxImage(
        { into: `${into}-oci`, flavor: 'oci', created: '2024-02-02T01:02:03.450Z' },
        config,
      ),
      'multi:latest': await multiPlatformImage({ into: `${into}-multi`, flavor: 'oci' }),
    }
  },
  steps: (registry, files) => [
    ['pull', '-q', `${registry}/busybox`],
    ['pull', '-q', `${registry}/library/oci`],
    ['tag', `${registry}/busybox`, 'mine:one'],
    ['tag', `${registry}/busybox`, 'mine:two'],
    ['save', '-o', `${files}/one.tar`, 'mine:one'],
    { archive: `${files}/one.tar` },
    ['save', '-o', `${files}/repository.tar`, 'mine'],
    { archive: `${files}/repository.tar` },
    ['save', '-o', `${files}/twice.tar`, 'mine:one', 'mine', 'mine:one'],
    { archive: `${files}/twice.tar` },
    ['save', '-o', `${files}/oci.tar`, '--platform', 'linux/amd64', `${registry}/library/oci:latest`],
    { archive: `${files}/oci.tar` },
    ['save', '-o', `${files}/platform.tar`, '--platform', 'linux/arm64', 'mine:one'],
    ['save', '-o', `${files}/platform.tar`, '--platform', 'nonsense', 'mine:one'],
    ['events', '--since', '10m', '--until', '-1s', '--filter', 'event=save'],
    ['save', 'nothing'],
    ['save', 'nothing:tag'],
    ['save', 'mine:one', 'mine:three'],
    ['save', 'mine:one', 'nothing'],
    ['save', `mine@${nothing}`],
    ['save', 'UPPER'],
    ['save', 'mine:'],
    ['save', 'sha256:1234'],
    ['save'],
    ['save', '-o', `${files}/no/such/folder.tar`, 'mine:one'],
  ],
}
