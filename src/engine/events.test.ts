import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventMessage } from '../apitypes/index.ts'
import { EventBus } from './events.ts'

test('past events by since, until and filters', async () => {
  const bus = new EventBus()
  bus.publish('container', 'create', 'c1', { name: 'web', image: 'debian:12', color: 'red' })
  bus.publish('container', 'exec_start: sh', 'c1', { name: 'web', image: 'debian:12' })
  bus.publish('image', 'pull', 'debian:12', { name: 'debian' })
  bus.publish('network', 'connect', 'n1', { name: 'bridge' })
  const all = async (filters: Record<string, string[]>): Promise<string[]> => {
    const events: EventMessage[] = []
    const done = new AbortController()
    for await (const event of bus.stream({
      since: 0n,
      filters: new Map([...Object.entries(filters), ['scope', ['local']]]),
      signal: done.signal,
    })) {
      events.push(event)
      if (event.Action === 'connect' || events.length === expectedCount(filters)) done.abort()
    }
    return events.map(event => event.Action)
  }
  const counts: [Record<string, string[]>, string[]][] = [
    [{}, ['create', 'exec_start: sh', 'pull', 'connect']],
    [{ type: ['image'] }, ['pull']],
    [{ container: ['web'] }, ['create', 'exec_start: sh']],
    [{ container: ['/web'], event: ['exec_start'] }, ['exec_start: sh']],
    [{ image: ['debian'] }, ['create', 'exec_start: sh', 'pull']],
    [{ label: ['color=red'] }, ['create']],
    [{ type: ['image', 'network'] }, ['pull', 'connect']],
    [{ container: ['we'] }, ['create', 'exec_start: sh']],
    [{ network: ['bri'] }, ['connect']],
  ]
  const expectedCount = (filters: Record<string, string[]>) => counts.find(([query]) => query === filters)![1].length
  for (const [filters, expected] of counts) assert.deepEqual(await all(filters), expected, JSON.stringify(filters))
})

test('with an end and no beginning, all that are kept', async () => {
  const bus = new EventBus()
  bus.publish('volume', 'create', 'v', {})
  bus.publish('volume', 'destroy', 'v', {})
  const actions = async (filters: Record<string, string[]>) => {
    const until = BigInt(Date.now() + 1) * 1_000_000n
    const { signal } = new AbortController()
    const events = await Array.fromAsync(bus.stream({ until, filters: new Map(Object.entries(filters)), signal }))
    return events.map(({ Action }) => Action)
  }
  assert.deepEqual(await actions({}), ['create', 'destroy'])
  for (const name of ['secret', 'service', 'node', 'config']) assert.deepEqual(await actions({ [name]: ['v'] }), [])
})

test('a listener hears what comes, and ends when its signal is aborted', async () => {
  const bus = new EventBus()
  const controller = new AbortController()
  const stream = bus.stream({ filters: new Map(), signal: controller.signal })
  const first = stream.next()
  bus.publish('container', 'start', 'c1', {})
  assert.equal((await first).value.Action, 'start')
  assert.equal(bus.listeners, 1)
  const next = stream.next()
  controller.abort()
  assert.equal((await next).done, true)
  assert.equal(bus.listeners, 0)
})

test('times only grow, and only the last 256 are kept', async () => {
  const bus = new EventBus()
  for (let i = 0; i < 300; i++) bus.publish('container', String(i), 'c', {})
  const times: number[] = []
  const until = BigInt(Date.now() - 1) * 1_000_000n
  const signal = new AbortController().signal
  for await (const event of bus.stream({ since: 0n, filters: new Map(), signal, until: until + 10_000_000_000n })) {
    times.push(event.timeNano)
    if (event.Action === '299') break
  }
  assert.equal(times.length, 256)
  assert.ok(times.every((time, i) => i === 0 || time > times[i - 1]!))
})
