import { parseArgs } from 'node:util'
import { isolated } from '../e2e/fixtures/isolation.ts'
import { conditions } from './conditions.ts'
import { prepareDebianStack } from './fixtures/debian-stack.ts'
import { keep } from './keep.ts'
import { dockerd } from './peers/dockerd.ts'
import { podman } from './peers/podman.ts'
import { strata } from './peers/strata.ts'
import { type Result, results } from './result.ts'
import { rounds } from './rounds.ts'
import type { Peer, Row } from './row.ts'
import { archive } from './rows/archive.ts'
import { commit } from './rows/commit.ts'
import { deepImage } from './rows/deep-image.ts'
import { exec } from './rows/exec.ts'
import { idleMemory } from './rows/idle-memory.ts'
import { images } from './rows/images.ts'
import { pull } from './rows/pull.ts'
import { push } from './rows/push.ts'
import { relay } from './rows/relay.ts'
import { runAlone, runBridged } from './rows/run.ts'
import { makeSetting } from './setting.ts'
import { table } from './table.ts'

/**
 * `run.ts [--rounds N] [--keep] [--without PEER] [ROW…]`: measures the rows that have one of these metrics, or all of them, at all peers in
 * turn, and prints a table. A run of all rows, and with `--keep` one of some, is also kept in RESULTS.md and results.json.
 */
const rows: readonly Row[] = [
  idleMemory,
  pull,
  push,
  relay,
  archive,
  deepImage,
  images,
  runAlone,
  runBridged,
  exec,
  commit,
]
const usage = `usage: scripts/bench [--rounds N] [--keep] [--without dockerd | podman] [${rows.flatMap(row => row.metrics.map(({ id }) => id)).join(' | ')}]…`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' }, keep: { type: 'boolean' }, without: { type: 'string', multiple: true } },
})
const chosen =
  positionals.length === 0 ? rows : rows.filter(row => row.metrics.some(({ id }) => positionals.includes(id)))
const known = positionals.every(id => rows.some(row => row.metrics.some(metric => metric.id === id)))
const count = values.rounds === undefined ? undefined : Number(values.rounds)
if (!known || (count !== undefined && !(Number.isInteger(count) && count > 0))) {
  process.stderr.write(`${usage}\n`)
  process.exit(2)
}
const large = chosen.some(row => row.large)
// Needs the network, which there is none of from here on.
if (large) await prepareDebianStack()
if (await isolated(import.meta.filename)) {
  await main().catch(error => {
    // Of a failed cleanup after a failure, both are shown.
    for (let each = error; each; each = each.suppressed) say(String(each.error ?? each))
    process.exitCode = 1
  })
}

async function main(): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(new Error(`got ${signal}`)))
  const found = await measure(stop.signal)
  process.stdout.write(`\n${table(found.results)}`)
  if (positionals.length > 0 && !values.keep) return
  const order = rows.flatMap(row => row.metrics.map(({ id }) => id))
  await keep(import.meta.dirname, found, order)
}

async function measure(signal: AbortSignal) {
  await using setting = await makeSetting({ large, deep: chosen.some(row => row.deep) })
  await using stack = new AsyncDisposableStack()
  const peers: Peer[] = []
  for (const start of [strata, dockerd, podman]) {
    if (!values.without?.includes(start.name)) peers.push(stack.use(await start()))
  }
  const found: Result[] = []
  for (const row of chosen) {
    const samples = await rounds(row, { peers, setting, count: count ?? row.rounds, signal, say })
    found.push(...results(row, samples))
  }
  return { ...(await conditions(peers)), results: found }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
