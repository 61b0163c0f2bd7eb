import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { type Digest, digestOf } from '../oci/index.ts'
import { bytesOf, collect, isStrataError } from '../std/index.ts'
import { type ContentStore, putBlob, readBlob } from './index.ts'

const hello = Buffer.from('hello, world')
const expect = { digest: digestOf(hello), size: hello.byteLength }
const absent = digestOf('absent')

async function list<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

const text = async (store: ContentStore, digest: Digest) => (await readBlob(store, digest, 1000)).toString()

/** Milliseconds that the clock of files may be behind: it stands still from one tick of the kernel to the next. */
const tick = 10

/** What every content store must do. `make` makes an empty one; `reopen` opens what `make` made last again, after a clean stop. */
export function testContentStore(
  name: string,
  make: (t: TestContext) => Promise<{ readonly store: ContentStore; readonly reopen: () => Promise<ContentStore> }>,
): void {
  const check = (what: string, body: (store: ContentStore, reopen: () => Promise<ContentStore>) => Promise<void>) =>
    test(`${name}: ${what}`, async t => {
      const { store, reopen } = await make(t)
      await body(store, reopen)
    })

  check('what is committed can be read, walked and deleted', async store => {
    assert.equal(await store.has(expect.digest), false)
    const before = Date.now()
    {
      await using writer = await store.writer('r', { expect })
      assert.equal(writer.offset, 0)
      await writer.write(hello)
      assert.equal(await store.has(expect.digest), false)
      assert.deepEqual(await writer.commit(), expect)
    }
    assert.equal(await store.has(expect.digest), true)
    const info = await store.info(expect.digest)
    assert.equal(info.size, expect.size)
    assert.ok(info.createdAt.getTime() >= before - tick)
    assert.deepEqual(await list(store.walk()), [info])
    assert.deepEqual(await list(store.ingests()), [])
    assert.equal(await text(store, expect.digest), 'hello, world')
    await store.verify(expect.digest)
    await store.delete(expect.digest)
    assert.deepEqual(await list(store.walk()), [])
  })

  check('ranges', async store => {
    await putBlob(store, hello)
    const range = async (offset: number, length?: number) => {
      await using blob = await store.open(expect.digest, { offset, ...(length !== undefined && { length }) })
      const bytes = await collect(blob.bytes(), 100)
      assert.equal(blob.size, bytes.byteLength)
      return bytes.toString()
    }
    assert.equal(await range(0), 'hello, world')
    assert.equal(await range(7), 'world')
    assert.equal(await range(7, 3), 'wor')
    assert.equal(await range(7, 99), 'world')
    assert.equal(await range(12), '')
    assert.equal(await range(3, 0), '')
    await assert.rejects(range(13), error => isStrataError(error, 'invalid_argument'))
  })

  check('what is not there is not found', async store => {
    const missing = (error: unknown) =>
      isStrataError(error, 'not_found') && error.message === `content digest ${absent}: not found`
    await assert.rejects(store.open(absent), missing)
    await assert.rejects(store.info(absent), missing)
    await assert.rejects(store.delete(absent), missing)
    await assert.rejects(store.verify(absent), missing)
    await assert.rejects(store.open('../../etc/passwd' as Digest), error => isStrataError(error, 'not_found'))
    await store.abort('never heard of')
  })

  check('an ingest goes on where it was left, in the same store and in the next', async (store, reopen) => {
    {
      await using writer = await store.writer('r', { expect })
      await writer.write(hello.subarray(0, 5))
    }
    {
      await using writer = await store.writer('r', { expect })
      assert.equal(writer.offset, 5)
      assert.equal((await collect(writer.read(), 100)).toString(), 'hello')
      await writer.write(hello.subarray(5, 7))
    }
    const again = await reopen()
    assert.deepEqual(
      (await list(again.ingests())).map(({ ref, offset, active }) => ({ ref, offset, active })),
      [{ ref: 'r', offset: 7, active: false }],
    )
    await using writer = await again.writer('r', { expect })
    assert.equal((await collect(writer.read(2), 100)).toString(), 'llo, ')
    await writer.write(hello.subarray(7))
    assert.deepEqual(await writer.commit(), expect)
  })

  check('truncate drops the tail', async store => {
    await using writer = await store.writer('r')
    await writer.write(Buffer.from('hello?????'))
    await writer.truncate(5)
    assert.equal(writer.offset, 5)
    await writer.write(hello.subarray(5))
    assert.deepEqual(await writer.commit(expect), expect)
  })

  check('one writer a ref', async store => {
    const first = await store.writer('r')
    const [info] = await list(store.ingests())
    assert.equal(info?.active, true)
    await assert.rejects(store.writer('r'), error => isStrataError(error, 'unavailable'))
    await using other = await store.writer('s')
    assert.equal(other.offset, 0)
    await first[Symbol.asyncDispose]()
    await first[Symbol.asyncDispose]()
    await using second = await store.writer('r')
    await second.write(hello)
    await second.commit()
    await using third = await store.writer('r')
    assert.equal(third.offset, 0)
  })

  check('a blob that is there already is not written again', async store => {
    await putBlob(store, hello)
    await putBlob(store, hello)
    await assert.rejects(store.writer('r', { expect }), error => isStrataError(error, 'already_exists'))
    assert.deepEqual(await list(store.ingests()), [])
  })

  check('the same bytes from several refs at once', async store => {
    const one = async (ref: string) => {
      await using writer = await store.writer(ref, { expect })
      await writer.write(hello)
      return await writer.commit()
    }
    const all = await Promise.all(Array.from({ length: 8 }, (_, position) => one(`r${position}`)))
    assert.deepEqual(
      all,
      Array.from({ length: 8 }, () => expect),
    )
    assert.equal((await list(store.walk())).length, 1)
    assert.deepEqual(await list(store.ingests()), [])
    assert.equal(await text(store, expect.digest), 'hello, world')
  })

  const wrong: readonly (readonly [what: string, bytes: string, details: object])[] = [
    ['other bytes', 'hullo, world', { expected: expect.digest, actual: digestOf('hullo, world') }],
    ['too few bytes', 'hello', { expected: 12, actual: 5 }],
  ]
  for (const [what, bytes, details] of wrong) {
    check(`${what} are not committed, and not kept`, async store => {
      await using writer = await store.writer('r', { expect })
      await writer.write(Buffer.from(bytes))
      await assert.rejects(writer.commit(), error => {
        assert.ok(isStrataError(error, 'failed_precondition'))
        assert.deepEqual(error.details, details)
        return true
      })
      assert.deepEqual(await list(store.ingests()), [])
      assert.equal(await store.has(expect.digest), false)
      await using next = await store.writer('r', { expect })
      assert.equal(next.offset, 0)
    })
  }

  check('more bytes than expected are refused when they come', async store => {
    await using writer = await store.writer('r', { expect })
    await writer.write(hello)
    await assert.rejects(writer.write(Buffer.from('!')), error => isStrataError(error, 'failed_precondition'))
    assert.deepEqual(await writer.commit(), expect)
  })

  check('a writer that does not hash commits as well', async store => {
    {
      await using writer = await store.writer('r', { hash: false })
      await writer.write(hello.subarray(0, 4))
    }
    await using writer = await store.writer('r', { hash: false, expect })
    await writer.write(hello.subarray(4))
    assert.deepEqual(await writer.commit(), expect)
  })

  check('abort drops an ingest, even under its writer', async store => {
    const writer = await store.writer('r')
    await writer.write(hello)
    await assert.rejects(store.abort('r', { onlyIdle: true }), error => isStrataError(error, 'unavailable'))
    await store.abort('r')
    assert.deepEqual(await list(store.ingests()), [])
    await assert.rejects(writer.write(hello), error => isStrataError(error, 'canceled'))
    await assert.rejects(writer.commit(), error => isStrataError(error, 'canceled'))
    await writer[Symbol.asyncDispose]()
    await using next = await store.writer('r')
    assert.equal(next.offset, 0)
  })

  check('an open blob can be read though it is deleted', async store => {
    await putBlob(store, hello)
    await using blob = await store.open(expect.digest)
    await store.delete(expect.digest)
    assert.equal((await collect(blob.bytes(), 100)).toString(), 'hello, world')
  })

  check('large blobs, chunks of their own', async store => {
    const chunk = Buffer.alloc(700_001, 7)
    await using writer = await store.writer('r')
    for (let i = 0; i < 5; i++) await writer.write(chunk)
    const { digest, size } = await writer.commit()
    assert.equal(size, 3_500_005)
    await using blob = await store.open(digest)
    const buffers = new Set<ArrayBufferLike>()
    for await (const part of blob.bytes()) buffers.add(part.buffer)
    assert.ok(buffers.size >= 4)
    await store.verify(digest)
  })

  check('any refs, any chunks, any interruptions', async store => {
    const chunks = fc.array(
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.constantFrom('go on', 'reopen', 'cut')),
      {
        maxLength: 8,
      },
    )
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), chunks, async (ref, steps) => {
        let wanted = Buffer.alloc(0)
        let writer = await store.writer(ref)
        for (const [chunk, then] of steps) {
          await writer.write(chunk)
          wanted = Buffer.concat([wanted, chunk])
          if (then === 'cut') {
            wanted = wanted.subarray(0, wanted.byteLength >> 1)
            await writer.truncate(wanted.byteLength)
          }
          if (then === 'go on') continue
          await writer[Symbol.asyncDispose]()
          writer = await store.writer(ref)
          assert.equal(writer.offset, wanted.byteLength)
        }
        const { digest } = await writer.commit({ digest: digestOf(wanted) })
        await using blob = await store.open(digest)
        assert.deepEqual(await collect(blob.bytes(), 1000), await collect(bytesOf(wanted), 1000))
      }),
      { numRuns: 40 },
    )
  })
}
