import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collect, StrataError } from '../../std/index.ts'
import { all, gzip, image, newPuller, newRegistry, noise, pulling, tarOf } from '../testdata/fixtures.ts'
import type { ProgressEvent } from '../transfer.ts'
import { ingestRef } from './layer-job.ts'

const SIZE = 3_000_000

test('a connection that is cut again and again: the download goes on where it broke', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t)
  const pushed = image(registry, 'app', [tarOf('a', noise(SIZE, 1))])
  const layer = pushed.layers[0]!
  let cuts = 0
  const at = [100_000, 700_001, 16_384, 999_999, 300_000, 5]
  registry.faults.set(layer.digest, { cutAfter: () => at[cuts++ % at.length]!, times: at.length })
  const { events } = await pulling(store, registry, 'app')
  assert.ok(await store.layers.has(pushed.diffIDs[0]!))
  const ranges = registry.requestsOf('/blobs/').filter(({ path }) => path.includes(layer.digest))
  const offsets = ranges.map(({ range }) => Number(/\d+/.exec(range ?? '0')![0]))
  assert.equal(offsets.length, at.length + 1)
  assert.deepEqual(
    offsets,
    offsets.toSorted((a, b) => a - b),
  )
  assert.ok(events.some(({ status }) => status === 'Retrying in 1 second'))
  assert.ok(registry.sent.get(layer.digest)! < layer.size + 2_000_000)
})

test('a registry that is busy, then fine; one that never gives the rest', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t)
  const pushed = image(registry, 'app', [tarOf('a', noise(10_000, 1))])
  const layer = pushed.layers[0]!
  const answers = [503, 429, 503]
  registry.intercept = (_request, response, path) => {
    const status = path.includes(layer.digest) ? answers.shift() : undefined
    if (status === undefined) return false
    response.writeHead(status, status === 429 ? { 'retry-after': '2' } : {}).end()
    return true
  }
  const { events } = await pulling(store, registry, 'app')
  assert.deepEqual(
    events.map(({ status }) => status).filter(status => status?.startsWith('Retrying')),
    [
      'Retrying in 1 second',
      'Retrying in 2 seconds',
      'Retrying in 1 second',
      'Retrying in 5 seconds',
      'Retrying in 4 seconds',
      'Retrying in 3 seconds',
      'Retrying in 2 seconds',
      'Retrying in 1 second',
    ],
  )
  const short = image(registry, 'short', [tarOf('b', noise(100_000, 2))]).layers[0]!
  let served = 0
  registry.intercept = (request, response, path) => {
    if (!path.includes(short.digest)) return false
    served++
    const offset = Number(/\d+/.exec(request.headers.range ?? '0')![0])
    response.writeHead(offset > 0 ? 206 : 200, {
      'content-length': short.size - offset,
      ...(offset > 0 && { 'content-range': `bytes ${offset}-${short.size - 1}/${short.size}` }),
    })
    response.write(registry.blobs.get(short.digest)!.subarray(offset, 60_000), () => response.destroy())
    return true
  }
  await assert.rejects(pulling(store, registry, 'short'), { code: 'unavailable', message: /EOF|reset|closed/ })
  assert.equal(served, 5)
})

test('a token or a storage address that runs out in the middle of a layer', async t => {
  const registry = await newRegistry(t)
  const storage = await newRegistry(t)
  const store = await newPuller(t)
  const tar = tarOf('a', noise(400_000, 4))
  const layer = image(registry, 'app', [tar]).layers[0]!
  storage.blob(gzip(tar))
  storage.faults.set(layer.digest, { cutAfter: () => 150_000, times: 2 })
  let issued = 0
  registry.intercept = (request, response, path) => {
    if (path.startsWith('/token')) response.end(JSON.stringify({ token: `t${++issued}`, expires_in: 3600 }))
    else if (issued === 0 || request.headers.authorization !== `Bearer t${issued}`) {
      response.writeHead(401, { 'www-authenticate': 'Bearer realm="/token"' }).end()
    } else if (path.includes(layer.digest)) {
      response.writeHead(307, { location: `${storage.url}${path}` }).end()
      // No token is good for another layer.
      issued++
    } else return false
    return true
  }
  storage.intercept = (_request, response, path) => {
    if (!path.includes('/blobs/') || storage.requestsOf('/blobs/').length !== 2) return false
    response.writeHead(403, { 'content-type': 'application/xml' }).end('<Error>Request has expired</Error>')
    return true
  }
  await pulling(store, registry, 'app')
  const asked = storage.requestsOf('/blobs/')
  assert.deepEqual(
    asked.map(({ authorization }) => authorization),
    [undefined, undefined, undefined, undefined],
  )
  const offsets = asked.map(({ range }) => Number(/\d+/.exec(range ?? '0')![0]))
  assert.equal(offsets[1], offsets[2])
  assert.ok(offsets[1]! > 0 && offsets[3]! > offsets[2]!, String(offsets))
  storage.intercept = (_request, response) => {
    response.writeHead(403).end()
    return true
  }
  const other = image(registry, 'other', [tarOf('b', Buffer.alloc(10))]).layers[0]!
  registry.intercept = (_request, response, path) => {
    if (path.startsWith('/token')) response.end(JSON.stringify({ token: 'any' }))
    else if (path.includes(other.digest)) response.writeHead(307, { location: `${storage.url}${path}` }).end()
    else return false
    return true
  }
  await assert.rejects(pulling(store, registry, 'other'), { code: 'unavailable', message: /^denied: / })
})

/** Holds a blob back after `after` bytes, and resolves `reached` when a puller has got that many. */
function held(digest: string, after: number) {
  const reached = Promise.withResolvers<void>()
  const open = Promise.withResolvers<void>()
  const watch = (event: ProgressEvent) => {
    if (event.status === 'Downloading' && event.id === digest.slice(7, 19)) reached.resolve()
  }
  return { fault: { gate: { after, open: open.promise } }, reached: reached.promise, open: open.resolve, watch }
}

for (const keepCompressed of [false, true]) {
  test(`a pull that was broken off goes on from its bytes in the next engine${keepCompressed ? ', blobs kept' : ''}`, async t => {
    const registry = await newRegistry(t)
    const first = await newPuller(t)
    const tar = tarOf('a', noise(SIZE, 1))
    const pushed = image(registry, 'app', [tarOf('small', noise(10, 2)), tar])
    const layer = pushed.layers[1]!
    const gate = held(layer.digest, 2_000_000)
    t.after(() => gate.open())
    registry.faults.set(layer.digest, gate.fault)
    const controller = new AbortController()
    const small = Promise.withResolvers<void>()
    const progress = (event: ProgressEvent) => {
      gate.watch(event)
      if (event.status === 'Pull complete') small.resolve()
    }
    const broken = pulling(first, registry, 'app', { signal: controller.signal, progress })
    await Promise.all([gate.reached, small.promise])
    controller.abort(new StrataError('canceled', 'context canceled'))
    await assert.rejects(broken, { code: 'canceled', message: 'context canceled' })
    const [ingest] = await all(first.content.ingests())
    assert.equal(ingest?.ref, ingestRef(layer.digest))
    assert.ok(ingest.offset > 0)
    const [lease] = first.leases.list()
    assert.ok(lease?.content.includes(layer.digest) && lease.layers.includes(pushed.diffIDs[1]!))
    await first.close()

    registry.faults.delete(layer.digest)
    registry.requests.length = 0
    const second = await newPuller(t, { root: first.root, keepCompressed })
    const { events } = await pulling(second, registry, 'app')
    assert.deepEqual(
      registry.requestsOf('/blobs/').map(({ range }) => range),
      [`bytes=${ingest.offset}-`],
    )
    assert.ok(
      events.some(({ status, id }) => status === 'Already exists' && id === pushed.layers[0]!.digest.slice(7, 19)),
    )
    await using blob = await second.layers.open(pushed.diffIDs[1]!)
    assert.ok((await collect(blob.bytes(), 1e8)).equals(tar))
    assert.equal((await all(second.content.ingests())).length, 0)
    assert.equal(await second.content.has(layer.digest), keepCompressed)
    assert.deepEqual(second.leases.list(), [])
  })
}

test('a layer that is gone comes again from its kept blob', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t, { keepCompressed: true })
  const tar = tarOf('a', noise(SIZE, 1))
  const pushed = image(registry, 'app', [tar])
  await pulling(store, registry, 'app')
  await store.layers.remove(pushed.diffIDs[0]!)
  registry.requests.length = 0
  await pulling(store, registry, 'app')
  assert.deepEqual(registry.requestsOf('/blobs/'), [])
  await using blob = await store.layers.open(pushed.diffIDs[0]!)
  assert.ok((await collect(blob.bytes(), 1e8)).equals(tar))
})

test('bytes of an earlier pull that were damaged meanwhile are fetched anew', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t)
  const pushed = image(registry, 'app', [tarOf('a', noise(200_000, 1))])
  const layer = pushed.layers[0]!
  {
    await using writer = await store.content.writer(ingestRef(layer.digest))
    await writer.write(Buffer.alloc(100_000, 7))
  }
  await pulling(store, registry, 'app')
  assert.ok(await store.layers.has(pushed.diffIDs[0]!))
  const ranges = registry.requestsOf(layer.digest).map(({ range }) => range)
  assert.equal(ranges.at(-1), undefined)
})

test('two pulls of one blob share it; it goes on when one of them goes away, and ends with the last', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t)
  const tar = tarOf('a', noise(SIZE, 1))
  const pushed = image(registry, 'one', [tar])
  image(registry, 'two', [tar])
  const layer = pushed.layers[0]!
  const gate = held(layer.digest, 1_000_000)
  registry.faults.set(layer.digest, gate.fault)
  const leaving = new AbortController()
  const first = pulling(store, registry, 'one', { signal: leaving.signal, progress: gate.watch })
  await gate.reached
  const late = Promise.withResolvers<void>()
  const seen: string[] = []
  const second = pulling(store, registry, 'two', {
    progress: event => {
      seen.push(event.status ?? '')
      if (event.status === 'Downloading') late.resolve()
    },
  })
  await late.promise
  leaving.abort()
  await assert.rejects(first, { code: 'canceled' })
  gate.open()
  await second
  assert.equal(registry.requestsOf(layer.digest).length, 1)
  assert.equal(registry.sent.get(layer.digest), layer.size)
  assert.ok(seen.includes('Pull complete'))
})

test('with one download at a time the others wait', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t, { limits: { maxConcurrentDownloads: 1 } })
  const pushed = image(
    registry,
    'app',
    [1, 2, 3].map(seed => tarOf('a', noise(100_000, seed))),
  )
  const { events } = await pulling(store, registry, 'app')
  const waiting = events.filter(({ status }) => status === 'Waiting').map(({ id }) => id)
  assert.equal(waiting.length, 2)
  assert.equal(store.images.get(pushed.config.digest)?.layers.length, 3)
})

test('the first layer that fails ends the others', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t)
  const tars = [4, 5].map(seed => tarOf('a', noise(SIZE, seed)))
  const pushed = image(registry, 'bad', tars)
  const gate = held(pushed.layers[1]!.digest, 2_000_000)
  t.after(() => gate.open())
  registry.faults.set(pushed.layers[1]!.digest, gate.fault)
  registry.intercept = async (_request, response, path) => {
    if (!path.includes(pushed.layers[0]!.digest)) return false
    await gate.reached
    response.writeHead(404).end()
    return true
  }
  await assert.rejects(pulling(store, registry, 'bad', { progress: gate.watch }), {
    code: 'not_found',
    message: 'unknown blob',
  })
  assert.equal(await store.layers.has(pushed.diffIDs[1]!), false)
})

test('a driver that needs the layers below gets them in order, with their chain', async t => {
  const registry = await newRegistry(t)
  const order: unknown[] = []
  const store = await newPuller(t, {
    wrap: layers =>
      new Proxy(layers, {
        get(target, name) {
          if (name === 'independent') return false
          if (name === 'ingest') {
            return async (...[tar, options]: Parameters<typeof target.ingest>) => {
              order.push([options.expect, options.parent])
              return target.ingest(tar, options)
            }
          }
          const value: unknown = Reflect.get(target, name)
          return typeof value === 'function' ? value.bind(target) : value
        },
      }),
  })
  const pushed = image(
    registry,
    'app',
    [1, 2, 3, 1].map(seed => tarOf('a', noise(150_000, seed))),
  )
  const { result } = await pulling(store, registry, 'app')
  const [a, b, c] = pushed.diffIDs
  assert.deepEqual(
    order.map(each => (each as unknown[])[0]),
    [a, b, c],
  )
  assert.equal((order[0] as unknown[])[1], undefined)
  assert.equal((order[1] as unknown[])[1], a)
  assert.equal(store.images.get(result.image)?.layers.length, 4)
  assert.equal((await all(store.content.ingests())).length, 0)
})

test('a full disk: a clear error, and nothing is left behind', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t, {
    wrap: layers =>
      new Proxy(layers, {
        get(target, name) {
          if (name === 'ingest') {
            return async (tar: AsyncIterable<Uint8Array>) => {
              for await (const _chunk of tar) break
              throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
            }
          }
          const value: unknown = Reflect.get(target, name)
          return typeof value === 'function' ? value.bind(target) : value
        },
      }),
  })
  image(
    registry,
    'app',
    [1, 2].map(seed => tarOf('a', noise(500_000, seed))),
  )
  await assert.rejects(pulling(store, registry, 'app'), {
    message: /failed to register layer: .*no space left on device/,
  })
  assert.deepEqual(await all(store.content.ingests()), [])
})

test('what a killed pull left of a layer that got in is dropped by the next pull', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t)
  const pushed = image(registry, 'app', [tarOf('a', noise(10_000, 1)), tarOf('b', noise(10_000, 2))])
  image(registry, 'base', [tarOf('a', noise(10_000, 1))])
  await pulling(store, registry, 'base')
  {
    await using writer = await store.content.writer(ingestRef(pushed.layers[0]!.digest))
    await writer.write(Buffer.from('left'))
  }
  await pulling(store, registry, 'app')
  assert.deepEqual(await all(store.content.ingests()), [])
})
