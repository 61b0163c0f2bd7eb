import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { DiffID } from '../../oci/index.ts'
import { layerOf, layers, type Model, stack } from './model.ts'
import { type MakeDriver, put, setUp } from './setup.ts'
import { type Seen, snapshot } from './snapshot.ts'
import { tarOf } from './tar.ts'

function shown(model: Model): Record<string, string> {
  const first = new Map<object, string>()
  const names = [...model.keys()].sort((a, b) => (a.replaceAll('/', '\0') < b.replaceAll('/', '\0') ? -1 : 1))
  return Object.fromEntries(
    names.map(name => {
      const { inode, mode, text } = model.get(name)!
      const same = first.get(inode) ?? ''
      if (same === '') first.set(inode, name)
      return [name, `${mode.toString(8)} ${text} ${same}`]
    }),
  )
}

function seen(all: Record<string, Seen>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(all)
      .filter(([name]) => name !== '.')
      .map(([name, { mode, content, target, same }]) => [name, `${mode} ${content ?? target ?? ''} ${same ?? ''}`]),
  )
}

export function randomCases(make: MakeDriver): void {
  test('show what a plain model of layers says', async t => {
    const { driver } = await setUp(t, make)
    let run = 0
    await fc.assert(
      fc.asyncProperty(layers, async all => {
        const id = `run-${run++}`
        const model: Model = new Map()
        const chain: DiffID[] = []
        for (const steps of all) {
          const layer = layerOf(steps)
          stack(model, layer)
          chain.push((await put(driver, await tarOf(...layer.entries))).diffID)
        }
        await driver.createWritable(id, chain)
        assert.deepEqual(seen(snapshot((await driver.mount(id)).path)), shown(model))
        const changes = []
        for await (const change of driver.changes(id)) changes.push(change)
        assert.deepEqual(changes, [])
        for (const diffID of chain) await driver.verify(diffID)
        await driver.removeWritable(id)
      }),
      { numRuns: 60 },
    )
  })
}
