import type { Sample } from './rounds.ts'
import type { Metric, PeerName, Row } from './row.ts'

export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly samples: readonly number[]
}

/** A line of the table: a metric at all peers. */
export interface Result extends Metric {
  readonly rounds: number
  readonly peers: Partial<Readonly<Record<PeerName, Summary>>>
  /** Strata's median, divided by dockerd's. */
  readonly ratio: number | undefined
  readonly reached: boolean | undefined
}

/** What the samples of a row say of each of its metrics. */
export function results(row: Row, samples: readonly Sample[]): Result[] {
  return row.metrics.map(metric => {
    const { id, target } = metric
    const peers: Partial<Record<PeerName, Summary>> = {}
    for (const name of new Set(samples.map(({ peer }) => peer))) {
      const values = samples.flatMap(({ peer, values: all }) => (peer === name ? (all[id] ?? []) : []))
      if (values.length > 0) peers[name] = summary(values)
    }
    const own = peers.strata?.median
    const ratio = own === undefined || peers.dockerd === undefined ? undefined : own / peers.dockerd.median
    const measured = 'ratio' in target ? ratio : own
    const bound = 'ratio' in target ? target.ratio : target.most
    const reached = measured === undefined ? undefined : measured <= bound
    return { ...metric, rounds: peers.strata?.samples.length ?? 0, peers, ratio, reached }
  })
}

function summary(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)!, samples }
}
