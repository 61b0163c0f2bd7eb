import { type Row, timed } from '../row.ts'

const container = 'bench-exec'

/** A command in a running container. */
export const exec: Row = {
  metrics: [{ id: 'exec', title: 'exec in a running container', unit: 'ms', target: { ratio: 0.5 } }],
  rounds: 20,
  async prepare(peer, { smallImage }) {
    await peer.run(['pull', '--quiet', ...peer.flags.pull, smallImage])
    const options = ['--detach', '--name', container, '--network', 'none']
    await peer.run(['run', ...peer.flags.run, ...options, smallImage, 'sleep', '1000000'])
  },
  async finish(peer) {
    await peer.run(['rm', '--force', container])
  },
  async measure(peer) {
    return { exec: await timed(() => peer.run(['exec', container, 'true'])) }
  },
}
