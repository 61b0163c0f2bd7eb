import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DiffID, parseDiffID } from '../oci/index.ts'
import { StrataError } from '../std/index.ts'
import { BaseDriver } from './base-driver.ts'
import type { DriverParts } from './open-parts.ts'

const layer = parseDiffID(`sha256:${'1'.repeat(64)}`)

class TestDriver extends BaseDriver {
  protected async fill(): Promise<void> {}
  protected async letGo(): Promise<void> {}
  mount = never
  unmount = never
  protected async takeDown(): Promise<void> {}
  commit = never
  usage = never
  recover = never
  changes = never
  describe = never
  async [Symbol.asyncDispose](): Promise<void> {}
}

function never(): never {
  throw new Error('not part of the test')
}

/** Stores in memory whose removal of the layer stops half-way, when everybody still finds it, until `goOn`. */
function halfWay() {
  const reached = Promise.withResolvers<void>()
  const open = Promise.withResolvers<void>()
  const layers = new Set<DiffID>([layer])
  const chains = new Map<string, readonly DiffID[]>()
  const info = async (diffID: DiffID) => {
    if (!layers.has(diffID)) throw new StrataError('not_found', `layer ${diffID} does not exist`)
    return { diffID, tarSize: 1, size: 1, entries: 1 }
  }
  const parts = {
    name: 'test',
    status: [],
    layers: {
      info,
      find: async (diffID: DiffID) => (layers.has(diffID) ? info(diffID) : undefined),
      async remove(diffID: DiffID) {
        reached.resolve()
        await open.promise
        layers.delete(diffID)
        return 1
      },
    },
    writables: {
      create: async (id: string, chain: readonly DiffID[]) => void chains.set(id, chain),
      remove: async (id: string) => chains.delete(id),
      chains: async () => chains,
      userOf: async (diffID: DiffID) => [...chains].find(([, chain]) => chain.includes(diffID))?.[0],
    },
  }
  const driver = new TestDriver(parts as unknown as DriverParts)
  return { driver, chains, reached: reached.promise, goOn: open.resolve }
}

test('a writable made while its layer is taken away comes to nothing, however far the removal is', async () => {
  const { driver, chains, reached, goOn } = halfWay()
  const removal = driver.remove(layer)
  await reached
  const made = driver.createWritable('a', [layer]).then(
    () => 'made',
    (error: StrataError) => error.message,
  )
  // Until the writable is there, and all that could follow has followed.
  while (!chains.has('a')) await new Promise(setImmediate)
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
  goOn()
  assert.equal(await removal, 1)
  assert.equal(await made, `layer ${layer} does not exist`)
  assert.deepEqual([...chains], [])
})

test('a layer that a writable stands on stays', async () => {
  const { driver } = halfWay()
  await driver.createWritable('a', [layer])
  await assert.rejects(driver.remove(layer), { code: 'conflict' })
  assert.ok(await driver.has(layer))
})
