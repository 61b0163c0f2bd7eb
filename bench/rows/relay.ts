import { pushAnew } from '../push-anew.ts'
import type { Row } from '../row.ts'

/**
 * Push of the large image, which was pulled from a registry, to another one that has nothing yet: its layers have a
 * compressed form that somebody has.
 */
export const relay: Row = {
  metrics: [
    {
      id: 'relay',
      title: 'push of that image to another registry than it came from',
      unit: 's',
      target: { ratio: 0.2 },
    },
    { id: 'relay-memory', title: 'peak memory of that push (RSS)', unit: 'MB', target: { most: 250 } },
  ],
  rounds: 5,
  large: true,
  async prepare(peer, { largeImage }) {
    await peer.run(['pull', '--quiet', ...peer.flags.pull, largeImage])
  },
  async measure(peer, { largeImage }) {
    const { seconds, peak } = await pushAnew(peer, largeImage)
    return { relay: seconds, 'relay-memory': peak }
  },
  async finish(peer, { largeImage }) {
    await peer.run(['rmi', largeImage])
  },
}
