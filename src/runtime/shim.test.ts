import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { detach, mount } from '../host/index.ts'
import type { LogOptions, ProcessIo } from './runtime.ts'
import { connectShim, firstLine, request } from './shim-connection.ts'
import { ShimProcess } from './shim-process.ts'
import { startShim } from './shim-start.ts'
import { isAlive, names, readIdentity } from './task-folder.ts'

// The shim against a runtime that is a shell script: it leaves a process behind and its pid in a file, as runc does.
const shimPath = new URL('../../native/build/strata-shim', import.meta.url).pathname
const pipes: ProcessIo = { terminal: false, stdin: false, stdinOnce: false }

async function folderFor(t: TestContext, ...below: string[]): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'strata-shim-'))
  const folder = join(root, ...below)
  await mkdir(folder, { recursive: true })
  t.after(async () => {
    await request(folder, 'quit')
    await rm(root, { recursive: true, force: true })
  })
  return folder
}

async function shell(folder: string, script: string, io = pipes, log?: LogOptions): Promise<ShimProcess> {
  // A background command of sh has /dev/null as its input unless it is given one; and sh would reap one that ends before
  // sh itself does, which no OCI runtime does.
  const child = 'while read -r _ _ _ parent _ </proc/$$/stat; [ "$parent" = "$2" ]; do :; done; eval "$1"'
  const start = 'exec 3<&0; sh -c "$2" sh "$1" $$ <&3 3<&- & echo $! >pid'
  const runtime = ['sh', '-c', start, 'sh', script, child]
  await startShim({ shimPath, folder, io, runtime, ...(log && { log }) })
  return new ShimProcess(folder, { started: 'task', family: 'other' })
}

/** Takes Docker's frames apart: all bytes of each stream. */
function frames(bytes: Buffer): Record<number, string> {
  const found: Record<number, string> = { 1: '', 2: '' }
  for (let at = 0; at < bytes.length; at += 8 + bytes.readUInt32BE(at + 4)) {
    found[bytes[at]!] += bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at + 4)).toString('latin1')
  }
  return found
}

const both = { stdin: false, stdout: true, stderr: true }

interface LogRecord {
  readonly log: string
  readonly stream: string
  readonly time: string
}

async function records(path: string): Promise<LogRecord[]> {
  const lines = (await readFile(path, 'utf8')).split('\n')
  assert.equal(lines.pop(), '')
  return lines.map(line => JSON.parse(line) as LogRecord)
}

async function logged(t: TestContext, bytes: Uint8Array, options: Partial<LogOptions> = {}): Promise<string> {
  const folder = await folderFor(t)
  const path = join(folder, 'log')
  await writeFile(join(folder, 'bytes'), bytes)
  const process = await shell(folder, 'cat bytes', pipes, { path, maxSize: 0, maxFiles: 1, ...options })
  await process.start()
  assert.equal((await process.wait()).code, 0)
  return path
}

test('frames both streams, and tells the exit code', async t => {
  const process = await shell(await folderFor(t), 'echo out; echo err >&2; exit 7')
  const attached = [await process.attach(both), await process.attach({ ...both, stderr: false })].map(buffer)
  assert.ok((await process.start()) > 1)
  const { code, at } = await process.wait()
  assert.equal(code, 7)
  assert.ok(Math.abs(at.getTime() - Date.now()) < 60_000)
  const [all, outOnly] = await Promise.all(attached)
  assert.deepEqual(frames(all!), { 1: 'out\n', 2: 'err\n' })
  assert.deepEqual(frames(outOnly!), { 1: 'out\n', 2: '' })
})

test('whose folder is removed before its start ends', async t => {
  const folder = await folderFor(t)
  await shell(folder, 'true')
  const shim = (await readIdentity(join(folder, names.shim)))!
  assert.ok(await isAlive(shim))
  await rm(folder, { recursive: true })
  while (await isAlive(shim));
})

test('an exit is 128 and the signal, also for who asks later; there is nothing to attach to then', async t => {
  const folder = await folderFor(t)
  const process = await shell(folder, 'kill -9 $$')
  await process.start()
  assert.equal((await process.wait()).code, 137)
  const later = new ShimProcess(folder, { started: 'task', family: 'other' })
  assert.equal((await later.wait()).code, 137)
  assert.equal((await buffer(await later.attach(both))).length, 0)
  await assert.rejects(later.kill(9), { code: 'not_found' })
})

test('input that comes before the start is not lost, and its end is the process’s with stdinOnce', async t => {
  const process = await shell(await folderFor(t), 'cat; echo over', { terminal: false, stdin: true, stdinOnce: true })
  const stream = await process.attach({ ...both, stdin: true })
  const input = 'x'.repeat(1 << 20)
  stream.end(input)
  const output = buffer(stream)
  await process.start()
  assert.equal(frames(await output)[1], `${input}over\n`)
})

test('input that nobody reads any more takes nothing from the output', async t => {
  const folder = await folderFor(t)
  const process = await shell(folder, 'seq 10000', { terminal: false, stdin: true, stdinOnce: true })
  const stream = await process.attach({ ...both, stdin: true })
  await process.start()
  await process.wait()
  await new Promise<void>((resolve, reject) => {
    stream.write(Buffer.alloc(4 << 20), error => (error ? reject(error) : resolve()))
  })
  const lines = frames(await buffer(stream))[1]!.split('\n')
  assert.deepEqual([lines.length, lines.at(-2)], [10_001, '10000'])
  const shim = (await readIdentity(join(folder, names.shim)))!
  while (await isAlive(shim));
})

test('without stdinOnce the end of one client’s input is nothing to the process', async t => {
  const io = { terminal: false, stdin: true, stdinOnce: false }
  const process = await shell(await folderFor(t), 'read a; read b; echo "$a $b"', io)
  const streams = [
    await process.attach({ ...both, stdin: true }),
    await process.attach({ ...both, stdin: true }),
  ] as const
  await process.start()
  const output = streams.map(stream => buffer(stream))
  streams[0].end('first\n', () => streams[1].write('second\n'))
  for (const bytes of await Promise.all(output)) assert.match(frames(bytes)[1]!, /^(first second|second first)\n$/)
  assert.equal((await process.wait()).code, 0)
})

test('without stdin the process reads end of file', async t => {
  const process = await shell(await folderFor(t), 'cat; echo over')
  const output = buffer(await process.attach({ ...both, stdin: true }))
  await process.start()
  assert.equal(frames(await output)[1], 'over\n')
})

test('a client that does not read stops the process, one that goes away lets it go on', async t => {
  const folder = await folderFor(t)
  const process = await shell(folder, 'head -c 8000000 /dev/zero; echo done >done')
  const lazy: Duplex = await process.attach(both)
  const eager = await process.attach(both)
  let seen = 0
  const { promise: stuck, resolve } = Promise.withResolvers<void>()
  eager.on('data', (chunk: Buffer) => {
    seen += chunk.length
    if (seen > 500_000) resolve()
  })
  await process.start()
  await stuck
  await assert.rejects(stat(join(folder, 'done')))
  lazy.destroy()
  assert.equal((await process.wait()).code, 0)
  await stat(join(folder, 'done'))
})

test('output of a process left behind is waited for, but not for ever', async t => {
  const process = await shell(await folderFor(t), 'sleep 30 & echo $! >left; echo here')
  const output = buffer(await process.attach(both))
  await process.start()
  assert.equal((await process.wait()).code, 0)
  assert.equal(frames(await output)[1], 'here\n')
})

test('a runtime that fails: its words, and an end for everybody', async t => {
  const folder = await folderFor(t)
  await startShim({ shimPath, folder, io: pipes, runtime: ['sh', '-c', 'echo "boom <&>" >&2; exit 3'] })
  const process = new ShimProcess(folder, { started: 'task', family: 'other' })
  const output = buffer(await process.attach(both))
  await assert.rejects(process.start(), { code: 'internal', message: /OCI runtime create failed: boom <&>$/ })
  assert.equal((await output).length, 0)
  assert.equal((await process.wait()).code, 128)
})

test('what crun says when a program can’t be executed after all is told in Docker’s words', async t => {
  const words =
    '{"msg":"exec container process (missing dynamic library?) `/bin/x`: No such file or directory","level":"error","time":"now"}'
  const folder = await folderFor(t)
  await writeFile(join(folder, 'words'), `${words}\n${words}\n`)
  const process = await shell(folder, 'cat words >&2')
  const output = buffer(await process.attach(both))
  await process.start()
  await process.wait()
  assert.deepEqual(frames(await output), { 1: '', 2: `exec /bin/x: no such file or directory\n${words}\n` })
})

test('a mount that the runtime must not see is hidden from it, and from nobody else', async t => {
  const folder = await folderFor(t)
  const hidden = (await readdir('/sys/fs/cgroup')).map(name => `/sys/fs/cgroup/${name}`)[0]!
  const runtime = [
    'sh',
    '-c',
    `sleep 100 & echo $! >pid; readlink /proc/$!/ns/mnt >ns; grep -c " ${hidden} " /proc/self/mountinfo >count; true`,
  ]
  await startShim({ shimPath, folder, io: pipes, runtime, hide: hidden })
  const process = new ShimProcess(folder, { started: 'task', family: 'other' })
  await process.start()
  assert.equal(await readFile(join(folder, 'count'), 'utf8'), '0\n')
  assert.notEqual((await readFile(join(folder, 'ns'), 'utf8')).trim(), await readlink('/proc/self/ns/mnt'))
  assert.ok((await readFile('/proc/self/mountinfo', 'utf8')).includes(` ${hidden} `))
  await process.kill(9)
  await process.wait()
})

test('a shim that was killed: the process is killed too and 137 is what is told, once and for all', async t => {
  const folder = await folderFor(t)
  const process = await shell(folder, 'sleep 100')
  await process.start()
  const waiting = process.wait()
  const init = (await readIdentity(join(folder, 'started')))!
  assert.ok(await isAlive(init))
  globalThis.process.kill((await readIdentity(join(folder, 'shim.pid')))!.pid, 'SIGKILL')
  assert.equal((await waiting).code, 137)
  assert.equal(await isAlive(init), false)
  assert.equal((await new ShimProcess(folder, { started: 'task', family: 'other' }).wait()).code, 137)
})

test('a shim that ends before it accepts a connection is a shim that is gone', async t => {
  const folder = await folderFor(t)
  const server = createServer()
  await new Promise<void>(resolve => server.listen(join(folder, names.socket), resolve))
  const answer = request(folder, 'status')
  server.close()
  assert.equal(await answer, undefined)
})

test('there is no line in a connection that has ended before anybody reads it', async t => {
  const folder = await folderFor(t)
  const server = createServer(socket => socket.destroy())
  await new Promise<void>(resolve => server.listen(join(folder, names.socket), resolve))
  t.after(() => server.close())
  const socket = (await connectShim(folder))!
  socket.on('end', () => socket.destroy()).resume()
  await once(socket, 'close')
  assert.deepEqual(await firstLine(socket), { line: undefined })
})

test('a folder whose path is longer than a socket’s address', async t => {
  const process = await shell(await folderFor(t, 'd'.repeat(120), 'e'.repeat(120)), 'echo deep')
  const output = buffer(await process.attach(both))
  await process.start()
  assert.equal(frames(await output)[1], 'deep\n')
})

test('the log says what Docker’s says', async t => {
  const bytes = Buffer.from('a\tb\x01\x1b\x7f<>&"\\ \u00e9\r\n\u2028 \u{1f600} last', 'utf8')
  const lines = (await readFile(await logged(t, Buffer.concat([bytes, Buffer.from([0xff])])), 'utf8')).split('\n')
  const texts = lines.map(line =>
    line.replace(/"stream":"stdout","time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?Z"/, '…'),
  )
  assert.deepEqual(texts, [
    '{"log":"a\\u0009b\\u0001\\u001b\x7f\\u003c\\u003e\\u0026\\"\\\\ \u00e9\\r\\n",…}',
    '{"log":"\\u2028 \u{1f600} last\\ufffd",…}',
    '',
  ])
})

test('whatever the bytes, the log decodes to what they decode to', async t => {
  const nasty = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.string({ unit: 'binary', maxLength: 40 }).map(text => Buffer.from(text)),
    fc.constantFrom('\n', '\u2029', '\0', '\u{10ffff}').map(text => Buffer.from(text)),
    fc.nat(40_000).map(length => Buffer.alloc(length, '\u20ac')),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(nasty, { maxLength: 8 }), async parts => {
      const bytes = Buffer.concat(parts)
      const found = await records(await logged(t, bytes))
      // Of invalid bytes Go makes one replacement character each, Node one for several.
      const text = (s: string) => s.replace(/\ufffd+/g, '\ufffd')
      assert.equal(text(found.map(({ log }) => log).join('')), text(bytes.toString('utf8')))
      for (const { log } of found) assert.match(log, /^[^\n]*\n?$/)
    }),
    { numRuns: 40 },
  )
})

test('a long line is cut at 16 KiB but not inside a rune, with one time for all its parts', async t => {
  const found = await records(await logged(t, Buffer.from(`x${'\u20ac'.repeat(10_000)}\nshort`)))
  assert.deepEqual(
    found.map(({ log }) => Buffer.byteLength(log)),
    [16384, 30001 - 16384 + 1, 5],
  )
  assert.equal(found[0]!.time, found[1]!.time)
  assert.doesNotMatch(found.map(({ log }) => log).join(''), /\ufffd/)
})

test('rotation keeps the newest files, and no record is in two of them', async t => {
  const lines = Array.from({ length: 400 }, (_, i) => `line ${i}`)
  const path = await logged(t, Buffer.from(lines.join('\n')), { maxSize: 4000, maxFiles: 3 })
  const files = await Promise.all([`${path}.2`, `${path}.1`, path].map(records))
  const kept = files.flat().map(({ log }) => log.trimEnd())
  assert.deepEqual(kept, lines.slice(-kept.length))
  for (const name of [`${path}.2`, `${path}.1`]) assert.ok((await stat(name)).size >= 4000)
  await assert.rejects(stat(`${path}.3`), { code: 'ENOENT' })
})

test('a full disk loses records but neither half of one nor the process', async t => {
  const folder = await folderFor(t)
  const disk = join(folder, 'disk')
  await mkdir(disk)
  mount(disk, { source: 'tmpfs', type: 'tmpfs', data: 'size=16k' })
  try {
    const path = join(disk, 'log')
    const process = await shell(folder, 'i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i+1)); done', pipes, {
      path,
      maxSize: 0,
      maxFiles: 1,
    })
    await process.start()
    assert.equal((await process.wait()).code, 0)
    const found = await records(path)
    assert.ok(found.length > 50 && found.length < 500)
    assert.equal(found[50]!.log, 'line 50\n')
  } finally {
    detach(disk)
  }
})

test('a full disk leaves no half of a record in a log that somebody has emptied', async t => {
  const folder = await folderFor(t)
  const disk = join(folder, 'disk')
  await mkdir(disk)
  mount(disk, { source: 'tmpfs', type: 'tmpfs', data: 'size=16k' })
  try {
    const path = join(disk, 'log')
    const script =
      'head -c 300 /dev/zero | tr "\\0" x; echo; read -r _; i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i+1)); done'
    const process = await shell(folder, script, { ...pipes, stdin: true }, { path, maxSize: 0, maxFiles: 1 })
    const attached = await process.attach({ stdin: true, stdout: false, stderr: false })
    await process.start()
    while ((await stat(path)).size === 0);
    await truncate(path)
    attached.end('go\n')
    attached.resume()
    assert.equal((await process.wait()).code, 0)
    const [first] = await records(path)
    assert.equal(first?.log, 'line 0\n')
  } finally {
    detach(disk)
  }
})
