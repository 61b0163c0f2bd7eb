import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { startEngine } from './fixtures/engine.ts'
import { busyboxImage } from './fixtures/images.ts'
import { isolated } from './fixtures/isolation.ts'
import { pushImage } from './fixtures/push.ts'
import { startRegistry } from './fixtures/registry.ts'

const [folder] = process.argv.slice(2)

if (folder === undefined) {
  // SIGKILL of the program in the namespaces, SIGTERM to everybody as `timeout` and runners send it.
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`a test that ${signal} ends leaves nothing of its engine and containers on the machine`, async () => {
      const root = await mkdtemp(join(tmpdir(), 'strata-ends-'))
      try {
        const argv = [...process.execArgv.filter(each => !each.startsWith('--test')), import.meta.filename, root]
        const { NODE_TEST_CONTEXT: _, ...env } = process.env
        const child = spawn(process.execPath, argv, { env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
        const [said] = (await once(child.stdout, 'data')) as [Buffer]
        const { pid, engine } = JSON.parse(said.toString()) as { pid: number; engine: string }
        assert.ok(existsSync(engine))
        assert.notDeepEqual(await groupsOf(engine), [])
        process.kill(signal === 'SIGTERM' ? -child.pid! : pid, signal)
        await once(child, 'close')
        assert.ok(!existsSync(engine))
        assert.deepEqual(await groupsOf(engine), [])
      } finally {
        await rm(root, { recursive: true, force: true })
      }
    })
  }
} else if (await isolated(import.meta.filename)) {
  const registry = await startRegistry({ root: join(folder, 'registry') })
  await pushImage(registry, 'busybox:1', await busyboxImage({ into: folder }))
  const engine = await startEngine()
  const run = ['run', '--detach', '--network', 'none', `${registry.host}/busybox:1`, 'sleep', '100000']
  const { status, stderr } = await engine.docker(run)
  assert.equal(status, 0, stderr)
  // Before anything is said, since the end may come right after.
  await registry.stop()
  process.stdout.write(`${JSON.stringify({ pid: process.pid, engine: engine.root })}\n`)
  await new Promise(() => setInterval(() => {}, 60_000))
}

/** The cgroups of an engine, by its folder's name, in all hierarchies. */
async function groupsOf(engine: string): Promise<string[]> {
  const base = '/sys/fs/cgroup'
  const roots = [base, ...(await readdir(base)).map(name => join(base, name))]
  return roots.map(root => join(root, basename(engine))).filter(path => existsSync(path))
}
