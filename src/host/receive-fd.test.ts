import assert from 'node:assert/strict'
import { closeSync, readFileSync } from 'node:fs'
import { access, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { listenForFd } from './receive-fd.ts'
import { runChecked, spawn } from './spawn.ts'
import { temporaryFolder } from './testdata/folder.ts'

async function sender(t: TestContext): Promise<{ folder: string; program: string }> {
  const folder = await temporaryFolder(t)
  const program = join(folder, 'send-fd')
  await runChecked('cc', ['-o', program, fileURLToPath(new URL('./testdata/send-fd.c', import.meta.url))])
  return { folder, program }
}

test('receives a descriptor, close-on-exec', async t => {
  const { folder, program } = await sender(t)
  await writeFile(join(folder, 'file'), 'sent')
  const socket = join(folder, 'socket')
  await using receiver = listenForFd(socket)
  const file = await open(join(folder, 'file'))
  const sending = spawn(program, [socket, 'fd'], { stdio: [file.fd] })
  const fd = await receiver.fd
  await file.close()
  assert.notEqual(fd, file.fd)
  assert.equal(readFileSync(fd, 'utf8'), 'sent')
  assert.match(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'), /^flags:\s+0?2/m)
  closeSync(fd)
  assert.deepEqual(await sending.exited, { code: 0, signal: null })
})

test('a message without one is an error', async t => {
  const { folder, program } = await sender(t)
  const socket = join(folder, 'socket')
  await using receiver = listenForFd(socket)
  await Promise.all([assert.rejects(receiver.fd, { code: 'EBADMSG' }), runChecked(program, [socket])])
})

test('is cancelled by disposing of it; the socket goes', async t => {
  const folder = await temporaryFolder(t)
  const socket = join(folder, 'socket')
  const receiver = listenForFd(socket)
  await access(socket)
  const rejected = assert.rejects(receiver.fd, { code: 'ECANCELED' })
  await receiver[Symbol.asyncDispose]()
  await rejected
  await assert.rejects(access(socket), { code: 'ENOENT' })
})

test('paths that can not be bound are errors', async t => {
  const folder = await temporaryFolder(t)
  assert.throws(() => listenForFd(join(folder, 'x'.repeat(120))), { code: 'ENAMETOOLONG' })
  await using first = listenForFd(join(folder, 'socket'))
  assert.ok(first)
  first.fd.catch(() => {})
  assert.throws(() => listenForFd(join(folder, 'socket')), { code: 'EADDRINUSE' })
})
