import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pushAnew } from '../push-anew.ts'
import type { Row } from '../row.ts'

const name = 'localhost/bench-push:latest'

/**
 * Push of the large image to a registry that has nothing yet. The image was loaded from an archive, so that no registry
 * is known to have its layers: all of them are compressed.
 */
export const push: Row = {
  metrics: [
    { id: 'push', title: 'push of that image, all layers new', unit: 's', target: { ratio: 0.25 } },
    { id: 'push-memory', title: 'peak memory of that push (RSS)', unit: 'MB', target: { most: 300 } },
  ],
  rounds: 5,
  large: true,
  async prepare(peer, { largeImage }) {
    const folder = await mkdtemp(join(tmpdir(), 'strata-bench-push-'))
    try {
      const path = join(folder, 'image.tar')
      await peer.run(['pull', '--quiet', ...peer.flags.pull, largeImage])
      await peer.run(['tag', largeImage, name])
      await peer.run(['save', '--output', path, name])
      await peer.run(['rmi', largeImage, name])
      await peer.run(['load', '--quiet', '--input', path])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
  async measure(peer) {
    const { seconds, peak } = await pushAnew(peer, name)
    return { push: seconds, 'push-memory': peak }
  },
  async finish(peer) {
    await peer.run(['rmi', name])
  },
}
