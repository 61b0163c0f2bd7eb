import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { isStrataError } from '../std/index.ts'
import { addon, loadAddon } from './addon.ts'
import { runChecked } from './spawn.ts'
import { temporaryFolder } from './testdata/folder.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

test('a missing addon says what to do', () => {
  assert.throws(
    () => loadAddon('/nonexistent/strata.node'),
    error => isStrataError(error, 'unavailable') && error.message.includes('run scripts/build-native'),
  )
})

test('errors have the form of those of fs', () => {
  assert.throws(() => addon().mknod('/nonexistent/x', 0o010644, 0, 0), {
    code: 'ENOENT',
    errno: -2,
    syscall: 'mknod',
    path: '/nonexistent/x',
    message: "ENOENT: no such file or directory, mknod '/nonexistent/x'",
  })
})

test('arguments of the wrong kind are type errors', () => {
  const native = addon() as unknown as Record<string, (...args: unknown[]) => unknown>
  assert.throws(() => native.mount!(1, 2, 3, 4, 5), TypeError)
  assert.throws(() => native.lgetxattr!('/a\0b', 'user.x'), { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' })
  assert.throws(() => native.lsetxattr!('/tmp', 'user.x', new Uint16Array(2), 0), TypeError)
  assert.throws(() => native.posixSpawn!('true', ['true'], 'PATH', null, [0, 1, 2], false), TypeError)
  assert.throws(() => native.posixSpawn!('true', ['true'], [], null, [0], false), TypeError)
  assert.throws(() => native.fsMount!('overlay', ['lowerdir'], '/tmp', 0), TypeError)
})

test('gzip functions look at their arguments', () => {
  const native = addon()
  if (!native.isal) return assert.equal(native.inflateNew, undefined)
  const bytes = new Uint8Array(10)
  const inflater = native.inflateNew()
  for (const other of [{}, native.sha256New()]) {
    assert.throws(() => native.inflatePush(other as unknown as typeof inflater, bytes, 0, bytes, 0), TypeError)
  }
  assert.throws(() => native.inflatePush(inflater, bytes, 11, bytes, 0), RangeError)
  assert.throws(() => native.deflatePiece(4, bytes), RangeError)
  assert.throws(() => native.deflatePiece(1, new Uint16Array(2) as unknown as Uint8Array), TypeError)
})

test('several worker threads use it at once, and end while they wait for a child', async t => {
  const pids: number[] = []
  t.after(() => {
    for (const pid of pids) process.kill(pid, 'SIGKILL')
  })
  const url = new URL('./testdata/addon-worker.ts', import.meta.url)
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      const worker = new Worker(url)
      const [message] = (await once(worker, 'message')) as [{ equal: boolean; code: number; pid: number }]
      pids.push(message.pid)
      assert.equal(message.equal, true)
      assert.equal(message.code, 7)
      await worker.terminate()
    }),
  )
  // The orphaned waits are forgotten, not taken over: the children can still be waited for here.
  const exits = pids.map(pid => addon().waitPid(pid, true))
  for (const pid of pids.splice(0)) process.kill(pid, 'SIGKILL')
  assert.deepEqual(await Promise.all(exits), new Array(4).fill({ code: null, signal: 9 }))
})

test('scripts/build-native builds without ISA-L, and only what is out of date', async t => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'node_modules'))
  await symlink(join(root, 'node_modules/node-api-headers'), join(folder, 'node_modules/node-api-headers'))
  await cp(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true })
  // The addon alone: the shim is built by the same rules, and takes as long again.
  const filter = (path: string) => !/build$|shim[^/]*$/.test(path)
  await cp(join(root, 'native'), join(folder, 'native'), { recursive: true, filter })
  // A compiler that finds no header of ISA-L.
  const cc = join(folder, 'cc')
  await writeFile(cc, '#!/bin/sh\nfor a; do [ "$a" = -E ] && exit 1; done\nexec cc -O0 "$@"\n', { mode: 0o755 })
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', CC: cc }
  const build = () => runChecked('sh', [join(folder, 'scripts/build-native')], { env })
  assert.match(await build(), /built native\/build\/strata\.node\n.*no ISA-L/)
  assert.equal(await build(), '')
  const without = loadAddon(join(folder, 'native/build/strata.node'))
  assert.equal(without.isal, false)
  assert.equal(without.inflateNew, undefined)
})
