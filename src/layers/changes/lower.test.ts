import assert from 'node:assert/strict'
import { test } from 'node:test'
import { S_IFDIR, S_IFREG } from '../tree/node.ts'
import { entryAt, type LowerDirectory, type LowerEntry, remembering } from './lower.ts'

test('what remembers looks at each name once, also at one that is not there', async () => {
  const looks: string[] = []
  const entry = (mode: number, directory?: LowerDirectory): LowerEntry => ({
    facts: { mode, uid: 0, gid: 0, device: 0, size: 0, time: undefined, capability: undefined },
    ...(directory && { directory }),
  })
  const folder = (path: string, inside: Readonly<Record<string, LowerEntry>>): LowerDirectory => ({
    async get(name) {
      looks.push(`${path}/${name}`)
      return inside[name]
    },
    names: async () => Object.keys(inside),
  })
  const etc = folder('/etc', { hosts: entry(S_IFREG) })
  const root = remembering(folder('', { etc: entry(S_IFDIR, etc) }))
  for (const _ of [1, 2]) {
    assert.equal((await entryAt(root, '/etc/hosts'))?.facts.mode, S_IFREG)
    assert.equal(await entryAt(root, '/etc/mtab'), undefined)
    assert.equal(await entryAt(root, '/dev/shm'), undefined)
  }
  assert.deepEqual(looks, ['/etc', '/etc/hosts', '/etc/mtab', '/dev'])
  assert.deepEqual([...(await root.names())], ['etc'])
})
