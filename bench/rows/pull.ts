import { succeed } from '../../e2e/fixtures/processes.ts'
import { watchPeak } from '../memory.ts'
import { type Row, timed } from '../row.ts'

/**
 * Pull of the large image that isn't there, from a registry on the loopback; how much memory the engine's processes have
 * together at most meanwhile; removal of the image. What the removal of the last round left to the disk doesn't count.
 */
export const pull: Row = {
  metrics: [
    { id: 'pull', title: 'pull of 1.7 GB, 7 layers', unit: 's', target: { ratio: 0.3 } },
    { id: 'pull-memory', title: 'peak memory of that pull (RSS)', unit: 'MB', target: { most: 300 } },
    { id: 'rmi', title: 'rmi of that image', unit: 'ms', target: { ratio: 0.1 } },
  ],
  rounds: 5,
  large: true,
  async measure(peer, { largeImage }) {
    await succeed(['sync'], { timeout: 600_000 })
    let duration = 0
    const work = timed(() => peer.run(['pull', '--quiet', ...peer.flags.pull, largeImage])).then(milliseconds => {
      duration = milliseconds
    })
    const memory = await watchPeak(peer.working, work)
    await succeed(['sync'], { timeout: 600_000 })
    const removal = await timed(() => peer.run(['rmi', largeImage]))
    return { pull: duration / 1000, 'pull-memory': memory, rmi: removal }
  },
}
