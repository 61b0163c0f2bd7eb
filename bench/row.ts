import type { Setting } from './setting.ts'

/** One thing that is measured at every peer in turn. A row may bring several numbers that come from the same work. */
export interface Row {
  readonly metrics: readonly Metric[]
  /** Rounds that count; one more warms up. */
  readonly rounds: number
  /** Whether the image of 1.7 GB has to be there. */
  readonly large?: boolean
  /** Whether the image of 120 layers has to be there. */
  readonly deep?: boolean
  /** Before the first round. */
  prepare?(peer: Peer, setting: Setting): Promise<void>
  /** After the last round: removes what `prepare` has made. */
  finish?(peer: Peer, setting: Setting): Promise<void>
  /** One round: a value for each metric, in its unit; undefined where the peer has nothing of the kind. */
  measure(peer: Peer, setting: Setting): Promise<Readonly<Record<string, number | undefined>>>
}

export interface Metric {
  readonly id: string
  readonly title: string
  readonly unit: 's' | 'ms' | 'MB'
  /** What is to be reached: a part of dockerd's value, or megabytes. */
  readonly target: { readonly ratio: number } | { readonly most: number }
}

export type PeerName = 'strata' | 'dockerd' | 'podman'

/** An engine that is measured, and its command line. */
export interface Peer extends AsyncDisposable {
  readonly name: PeerName
  /** What was measured, in words: versions and storage driver. */
  readonly description: string
  /** Flags that its `pull` needs for the local registry, and its `run` for a machine without CAP_SYS_RESOURCE. */
  readonly flags: { readonly pull: readonly string[]; readonly run: readonly string[] }
  /** Runs its command line; throws unless it succeeds. */
  run(args: readonly string[]): Promise<string>
  /** Asks its API for a page and passes over what comes; throws unless it is given. None without an API. */
  get?(path: string): Promise<void>
  /** The processes that stay running by themselves. Empty for one without a daemon. */
  resident(): readonly number[]
  /** All processes that work for it now, the running command's included when there is no daemon. */
  working(): readonly number[]
}

/** Milliseconds that something takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
