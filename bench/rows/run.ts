import { type Metric, type Row, timed } from '../row.ts'

/** A short-lived container of the small image: made, started, waited for and removed by the real command line. */
function runRow(metric: Metric, network: readonly string[]): Row {
  return {
    metrics: [metric],
    rounds: 20,
    async prepare(peer, { smallImage }) {
      await peer.run(['pull', '--quiet', ...peer.flags.pull, smallImage])
    },
    async measure(peer, { smallImage }) {
      return {
        [metric.id]: await timed(() => peer.run(['run', '--rm', ...peer.flags.run, ...network, smallImage, 'true'])),
      }
    },
  }
}

export const runAlone = runRow({ id: 'run', title: 'run --rm --network none', unit: 'ms', target: { ratio: 0.5 } }, [
  '--network',
  'none',
])

export const runBridged = runRow(
  { id: 'run-bridge', title: 'run --rm, bridge', unit: 'ms', target: { ratio: 0.5 } },
  [],
)
