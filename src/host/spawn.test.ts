import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isStrataError } from '../std/index.ts'
import { addon } from './addon.ts'
import { run, runChecked, setSubreaper, spawn, spawnDetached, waitForExit } from './spawn.ts'
import { temporaryFolder } from './testdata/folder.ts'

test('collects output, passes input, arguments, environment and folder', async () => {
  const result = await run('sh', ['-c', 'cat; echo "$1|$A|$PWD|$HOME"; echo oops >&2; exit 3', 'sh', 'a b\'"$'], {
    input: 'in\n',
    env: { A: 'b=c', PATH: '/bin:/usr/bin' },
    cwd: '/usr',
  })
  assert.deepEqual(result, { code: 3, signal: null, stdout: 'in\na b\'"$|b=c|/usr|\n', stderr: 'oops\n' })
})

test('moves megabytes both ways, and minds no reader of its input', async () => {
  const input = Buffer.alloc(3_000_000, 'strata\n')
  const { stdout } = await run('cat', [], { input })
  assert.equal(stdout, input.toString())
  assert.equal((await run('true', [], { input })).code, 0)
})

test('a program that is not there, or not executable, throws its errno', async t => {
  const path = join(await temporaryFolder(t), 'file')
  await writeFile(path, '#!/bin/sh\n', { mode: 0o644 })
  await assert.rejects(run('strata-no-such-program', []), { code: 'ENOENT', syscall: 'posix_spawn' })
  await assert.rejects(run(path, []), { code: 'EACCES', path })
  await assert.rejects(run('true', [], { cwd: '/nonexistent' }), { code: 'ENOENT' })
  await writeFile(path, 'no program', { mode: 0o755 })
  assert.throws(() => spawn('/proc/version', []), { code: 'EACCES' })
  await assert.rejects(run('true', [], { env: { PATH: '/nonexistent' } }), { code: 'ENOENT', path: 'true' })
})

test('no descriptor, signal mask or disposition leaks into it', async () => {
  const leak = openSync('/dev/null', 'r')
  process.on('SIGUSR2', ignore)
  try {
    const status = await runChecked('cat', ['/proc/self/status'])
    assert.match(status, /SigBlk:\t0{16}\nSigIgn:\t0{16}\nSigCgt:\t0{16}\n/)
    // The fourth is ls's own, of the folder that it reads.
    assert.deepEqual((await runChecked('ls', ['/proc/self/fd'])).trim().split('\n'), ['0', '1', '2', '3'])
  } finally {
    closeSync(leak)
    process.off('SIGUSR2', ignore)
  }
})

function ignore(): void {}

test('descriptors land where they are asked for, even crosswise', async () => {
  const native = addon()
  const [outRead, outWrite] = native.pipe()
  const [errRead, errWrite] = native.pipe()
  try {
    const script = 'echo out; echo err >&2; echo more >&3; ls -l /proc/$$/fd/0'
    // Targets 1, 2, 3, of which each may be the number of another's source.
    const { exited } = spawn('sh', ['-c', script], { stdio: [null, errWrite, outWrite, errWrite] })
    assert.deepEqual(await exited, { code: 0, signal: null })
    const buffer = Buffer.alloc(1000)
    const fs = await import('node:fs')
    assert.equal(buffer.toString('utf8', 0, fs.readSync(outRead, buffer)), 'err\n')
    assert.match(buffer.toString('utf8', 0, fs.readSync(errRead, buffer)), /^out\nmore\n.*\/dev\/null\n$/)
  } finally {
    for (const fd of [outRead, outWrite, errRead, errWrite]) closeSync(fd)
  }
})

test('a hundred at once, by code and by signal', async () => {
  const exits = await Promise.all(
    Array.from({ length: 100 }, (_, i) => spawn('sh', ['-c', i % 10 === 0 ? 'kill -TERM $$' : `exit ${i}`]).exited),
  )
  for (const [i, exit] of exits.entries()) {
    assert.deepEqual(exit, i % 10 === 0 ? { code: null, signal: 15 } : { code: i, signal: null })
  }
})

test('an abort kills it', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const running = run('cat', ['/dev/zero'], { signal: controller.signal, outputLimit: Number.MAX_SAFE_INTEGER })
  const quiet = run('sh', ['-c', 'exec sleep 1000'], { signal: controller.signal })
  controller.abort(reason)
  const isCanceled = (error: unknown) => isStrataError(error, 'canceled') && error.cause === reason
  await Promise.all([running, quiet].map(work => assert.rejects(work, isCanceled)))
  await assert.rejects(run('true', [], { signal: controller.signal }), error => isStrataError(error, 'canceled'))
})

test('an abort of one that has just ended is no error', async () => {
  const controller = new AbortController()
  const running = run('true', [], { signal: controller.signal })
  // Its end is waited for by another thread: it is gone before this one hears of it.
  while (readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8') !== '');
  controller.abort()
  await assert.rejects(running, error => isStrataError(error, 'canceled'))
})

test('more output than the limit ends it', async () => {
  await assert.rejects(
    run('cat', ['/dev/zero'], { outputLimit: 100_000 }),
    error =>
      isStrataError(error, 'internal') && error.message === 'cat wrote more than 100000 bytes to its standard output',
  )
})

test('runChecked throws what was written to standard error', async () => {
  assert.equal(await runChecked('echo', ['x']), 'x\n')
  await assert.rejects(
    runChecked('sh', ['-c', 'echo why >&2; exit 4']),
    error =>
      isStrataError(error, 'internal') && error.message === 'sh -c exited with 4: why' && error.details.code === 4,
  )
  await assert.rejects(runChecked('sh', ['-c', 'kill -9 $$']), /sh -c was ended by signal 9/)
})

test('a session of its own when asked', async () => {
  const sessionOf = (pid: number | string) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[5]
  const native = addon()
  const [read, write] = native.pipe()
  const same = spawn('cat', [], { stdio: [read] })
  const own = spawnDetached('cat', [], { stdio: [read] })
  try {
    assert.equal(sessionOf(same.pid), sessionOf('self'))
    assert.equal(sessionOf(own.pid), String(own.pid))
  } finally {
    closeSync(write)
    closeSync(read)
  }
  assert.deepEqual(await same.exited, { code: 0, signal: null })
  assert.deepEqual(await own.exited, { code: 0, signal: null })
})

test('this process ends without waiting for a detached one', t => {
  const url = new URL('./spawn.ts', import.meta.url)
  const script = `import { spawnDetached } from '${url}'; process.stdout.write(String(spawnDetached('sleep', ['1000']).pid))`
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('.', url)),
  })
  const pid = Number(result.stdout.toString())
  t.after(() => process.kill(pid, 'SIGKILL'))
  assert.equal(result.status, 0)
  assert.equal(readFileSync(`/proc/${pid}/comm`, 'utf8'), 'sleep\n')
})

test('a subreaper gets the orphans below it', async t => {
  setSubreaper(true)
  t.after(() => setSubreaper(false))
  const native = addon()
  const [gateRead, gateWrite] = native.pipe()
  const [pidRead, pidWrite] = native.pipe()
  try {
    const script = '(read line <&3; exit 7) & echo $!'
    const parent = spawn('sh', ['-c', script], { stdio: [null, pidWrite, null, gateRead] })
    assert.deepEqual(await parent.exited, { code: 0, signal: null })
    const buffer = Buffer.alloc(100)
    const { readSync } = await import('node:fs')
    const orphan = Number(buffer.toString('utf8', 0, readSync(pidRead, buffer)))
    const exited = waitForExit(orphan)
    closeSync(gateWrite)
    assert.deepEqual(await exited, { code: 7, signal: null })
    assert.throws(() => waitForExit(orphan), { code: 'ESRCH' })
  } finally {
    for (const fd of [gateRead, pidRead, pidWrite]) closeSync(fd)
  }
})

test('waiting for a process that is no child rejects when it has ended', async () => {
  const native = addon()
  const [gateRead, gateWrite] = native.pipe()
  const [pidRead, pidWrite] = native.pipe()
  // The grandchild stays the child of sh, which waits for it.
  const parent = spawn('sh', ['-c', 'cat <&3 & echo $!; wait'], { stdio: [null, pidWrite, null, gateRead] })
  const { readSync } = await import('node:fs')
  const buffer = Buffer.alloc(100)
  const stranger = Number(buffer.toString('utf8', 0, readSync(pidRead, buffer)))
  const exited = waitForExit(stranger)
  for (const fd of [gateRead, gateWrite, pidRead, pidWrite]) closeSync(fd)
  await assert.rejects(exited, { code: 'ECHILD', syscall: 'waitid' })
  await parent.exited
})
