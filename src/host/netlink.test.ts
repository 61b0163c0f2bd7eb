import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { addon } from './addon.ts'
import { routeRequest } from './netlink.ts'
import { createNetns, removeNetns } from './netns.ts'
import { runChecked } from './spawn.ts'

const SETLINK = 19
const DELLINK = 17

/** An rtnetlink message about the interface of this index that takes it down (SETLINK) or away (DELLINK). */
function linkMessage(type: number, index: number, flags = 0x5): Buffer {
  const message = Buffer.alloc(32)
  message.writeUInt32LE(32, 0)
  message.writeUInt16LE(type, 4)
  message.writeUInt16LE(flags, 6)
  message.writeInt32LE(index, 20)
  message.writeUInt32LE(1, 28) // of the flags, IFF_UP is meant
  return message
}

async function makeNamespace(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'strata-netlink-'))
  const path = join(root, 'ns')
  await createNetns(path)
  t.after(async () => {
    await removeNetns(path)
    await rm(root, { recursive: true })
  })
  return path
}

const loopback = (path: string) => runChecked('nsenter', [`--net=${path}`, 'ip', '-o', 'link', 'show', 'lo'])

test('messages are carried out in the namespace that is named', async t => {
  const path = await makeNamespace(t)
  assert.match(await loopback(path), /LOOPBACK,UP/)
  await routeRequest([linkMessage(SETLINK, 1)], path)
  assert.doesNotMatch(await loopback(path), /LOOPBACK,UP/)
})

test('the first error is thrown, and what comes after it is done all the same', async t => {
  const path = await makeNamespace(t)
  const messages = [linkMessage(DELLINK, 77), linkMessage(SETLINK, 1)]
  await assert.rejects(routeRequest(messages, path), { code: 'ENODEV', syscall: 'netlink' })
  assert.doesNotMatch(await loopback(path), /LOOPBACK,UP/)
})

test('without a namespace it is that of this process', async () => {
  await assert.rejects(routeRequest([linkMessage(DELLINK, 0x7ffffff0)]), { code: 'ENODEV' })
})

test('what is not a namespace is refused', async () => {
  await assert.rejects(routeRequest([linkMessage(SETLINK, 1)], '/nowhere'), { code: 'ENOENT', syscall: 'open' })
  await assert.rejects(routeRequest([linkMessage(SETLINK, 1)], '/dev/null'), { code: 'EINVAL', syscall: 'setns' })
})

test('only whole messages that ask for an answer are taken', () => {
  const good = linkMessage(SETLINK, 1)
  for (const bad of [good.subarray(0, 15), good.subarray(0, 31), linkMessage(SETLINK, 1, 0x1), Buffer.alloc(16)]) {
    assert.throws(() => addon().netlinkRequest(null, 0, Buffer.concat([good, bad])), TypeError)
  }
})
