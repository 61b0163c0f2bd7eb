import type { Peer, PeerName, Row } from './row.ts'
import type { Setting } from './setting.ts'

/** What one round brought at one peer: a value for each metric. */
export interface Sample {
  readonly peer: PeerName
  readonly values: Awaited<ReturnType<Row['measure']>>
}

export interface RoundsOptions {
  readonly peers: readonly Peer[]
  readonly setting: Setting
  /** Rounds that count. */
  readonly count: number
  /** Aborted: ends after the measurement that is under way. */
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

/** Measures a row at all peers in turn, A B C A B C …; the first round warms up and is left out. */
export async function rounds(row: Row, options: RoundsOptions): Promise<Sample[]> {
  const { peers, setting, count, signal, say } = options
  const samples: Sample[] = []
  for (const peer of peers) await row.prepare?.(peer, setting)
  for (let round = 0; round <= count; round++) {
    for (const peer of peers) {
      signal.throwIfAborted()
      const values = await row.measure(peer, setting)
      const shown = row.metrics.flatMap(({ id, unit }) => values[id]?.toFixed(1).concat(' ', unit) ?? [])
      if (shown.length > 0) say(`${round === 0 ? 'warm-up' : `round ${round}`}, ${peer.name}: ${shown.join(', ')}`)
      if (round > 0) samples.push({ peer: peer.name, values })
    }
  }
  for (const peer of peers) await row.finish?.(peer, setting)
  return samples
}
