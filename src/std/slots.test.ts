import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Slots } from './slots.ts'

const { signal } = new AbortController()

/** Asks for a place, and tells by the list when it was given. */
function ask(slots: Slots, name: string, given: string[]): Promise<Disposable> {
  return slots.acquire(signal).then(place => {
    given.push(name)
    return place
  })
}

test('places are given in order of arrival, and are as many as there were last said to be', async () => {
  const slots = new Slots(1)
  const given: string[] = []
  const places = ['a', 'b', 'c', 'd'].map(name => ask(slots, name, given))
  const first = await places[0]!
  assert.equal(slots.available, false)
  assert.deepEqual(given, ['a'])
  slots.resize(3)
  const [second] = await Promise.all([places[1]!, places[2]!])
  assert.deepEqual(given, ['a', 'b', 'c'])
  slots.resize(1)
  first[Symbol.dispose]()
  second[Symbol.dispose]()
  assert.equal(slots.available, false)
  assert.deepEqual(given, ['a', 'b', 'c'])
  ;(await places[2]!)[Symbol.dispose]()
  await places[3]!
  assert.deepEqual(given, ['a', 'b', 'c', 'd'])
})

test('the lowest rank is served first, and within it who came first', async () => {
  const slots = new Slots(1)
  const place = await slots.acquire(signal)
  const given: string[] = []
  const asked = (['2a', '1a', '3a', '1b', '2b', '0a'] as const).map(async name => {
    const rank = Number(name[0])
    using _place = await slots.acquire(signal, rank)
    given.push(name)
  })
  place[Symbol.dispose]()
  await Promise.all(asked)
  assert.deepEqual(given, ['0a', '1a', '1b', '2a', '2b', '3a'])
})

test('who gives up loses no place to others; without a limit everybody has one', async () => {
  const slots = new Slots(1)
  const place = await slots.acquire(signal)
  const impatient = new AbortController()
  const given: string[] = []
  const waiting = slots.acquire(impatient.signal)
  const next = ask(slots, 'next', given)
  impatient.abort()
  await assert.rejects(waiting)
  place[Symbol.dispose]()
  place[Symbol.dispose]()
  await next
  assert.equal(slots.available, false)
  const unlimited = new Slots(0)
  for (let count = 0; count < 100; count++) await unlimited.acquire(signal)
  assert.equal(unlimited.available, true)
})
