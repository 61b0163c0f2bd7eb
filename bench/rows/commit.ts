import { type Row, timed } from '../row.ts'

const container = 'bench-commit'
const image = 'localhost/bench-commit:latest'
const fill = 'mkdir /d; for i in 0 1 2 3 4 5 6 7 8 9; do dd if=/dev/urandom of=/d/$i bs=1M count=20; done'

/** An image made of a running container that has written 200 MB. */
export const commit: Row = {
  metrics: [{ id: 'commit', title: 'commit of 200 MB', unit: 'ms', target: { ratio: 0.5 } }],
  rounds: 5,
  async prepare(peer, { smallImage }) {
    await peer.run(['pull', '--quiet', ...peer.flags.pull, smallImage])
    const run = ['run', '--detach', '--name', container, ...peer.flags.run, '--network', 'none', smallImage]
    await peer.run([...run, 'sleep', '100000'])
    await peer.run(['exec', container, 'sh', '-c', fill])
  },
  async measure(peer) {
    const taken = await timed(() => peer.run(['commit', container, image]))
    await peer.run(['rmi', '--force', image])
    return { commit: taken }
  },
  async finish(peer) {
    await peer.run(['rm', '--force', container])
  },
}
