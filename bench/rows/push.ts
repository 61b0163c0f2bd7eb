import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { succeed } from '../../e2e/fixtures/processes.ts'
import { startRegistry } from '../../e2e/fixtures/registry.ts'
import { watchPeak } from '../memory.ts'
import { type Row, timed } from '../row.ts'

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
    const root = await mkdtemp(join(tmpdir(), 'strata-bench-push-'))
    try {
      await using registry = await startRegistry({ root })
      const target = `${registry.host}/large:latest`
      await peer.run(['tag', name, target])
      await succeed(['sync'], { timeout: 600_000 })
      let milliseconds = 0
      const work = timed(() => peer.run(['push', '--quiet', ...peer.flags.pull, target])).then(duration => {
        milliseconds = duration
      })
      const memory = await watchPeak(peer.working, work)
      await peer.run(['rmi', target])
      return { push: milliseconds / 1000, 'push-memory': memory }
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  },
  async finish(peer) {
    await peer.run(['rmi', name])
  },
}
