import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const init = fileURLToPath(new URL('../../native/build/strata-init', import.meta.url))

/** What it ends with, and what was written. In a pid namespace of its own, where it is pid 1. */
async function run(args: readonly string[]): Promise<[number | null, string]> {
  const child = start(args)
  const output: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return [code, Buffer.concat(output).toString()]
}

function start(args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn('unshare', ['--pid', '--fork', '--kill-child', init, ...args])
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.split(' ').filter(Boolean).map(Number)
}

test('ends as its program ends, and says what it could not run', async () => {
  assert.deepEqual(await run(['--', 'sh', '-c', 'echo out; exit 7']), [7, 'out\n'])
  assert.deepEqual((await run(['--', 'sh', '-c', 'kill -9 $$']))[0], 137)
  const [missing, why] = await run(['--', '/no/such/program'])
  assert.equal(missing, 127)
  assert.match(why, /exec: "\/no\/such\/program": No such file or directory/)
  assert.equal((await run(['--', '/etc']))[0], 126)
  assert.equal((await run([]))[0], 1)
})

test('reaps what is orphaned, and hands signals on', async t => {
  // The substitution ends when the orphan has closed the pipe, which is when it has ended.
  const child = start([
    '--',
    'sh',
    '-c',
    'trap "exit 9" TERM; x=$( (sh -c "exit 3" &) ); echo ready; while :; do sleep 0.01; done',
  ])
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const [first = 0] = await childrenOf(child.pid!)
  const deadline = Date.now() + 10_000
  while ((await childrenOf(first)).length > 1 && Date.now() < deadline) await setImmediate()
  assert.equal((await childrenOf(first)).length, 1)
  process.kill(first, 'SIGTERM')
  const [code] = (await once(child, 'close')) as [number | null]
  assert.equal(code, 9)
})
