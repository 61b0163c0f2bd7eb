import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { mount, unmount } from '../host/index.ts'
import { digestOf, hexOf } from '../oci/index.ts'
import { isStrataError } from '../std/index.ts'
import { openContentStore, putBlob } from './index.ts'
import { testContentStore } from './testsuite.ts'

async function newRoot(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'strata-content-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  return root
}

testContentStore('files', async t => {
  const root = await newRoot(t)
  return { store: await openContentStore(root), reopen: () => openContentStore(root) }
})

test('what a crash left of ingests is cleared away; whole ones and foreign files in blobs stay out of it', async t => {
  const root = await newRoot(t)
  const store = await openContentStore(root)
  {
    await using writer = await store.writer('whole')
    await writer.write(Buffer.from('x'))
  }
  const [whole] = await readdir(join(root, 'ingests'))
  {
    // Bytes that were in memory only: nobody can go on with them.
    await using passing = await store.writer('put-1')
    await passing.write(Buffer.from('x'))
  }
  for (const [name, files] of [
    ['made', ['ref']],
    ['torn', ['ref', 'started', 'data']],
    ['committed', ['ref', 'started']],
  ] as const) {
    await mkdir(join(root, 'ingests', name))
    for (const file of files) await writeFile(join(root, 'ingests', name, file), '')
  }
  await writeFile(join(root, 'ingests', 'file'), '')
  await writeFile(join(root, 'blobs', 'sha256', 'not-a-digest'), '')
  const again = await openContentStore(root)
  assert.deepEqual(await readdir(join(root, 'ingests')), [whole])
  for await (const blob of again.walk()) assert.fail(blob.digest)
})

test('verify says what is wrong with a blob', async t => {
  const root = await newRoot(t)
  const store = await openContentStore(root)
  const { digest } = await putBlob(store, Buffer.from('hello'))
  const path = join(root, 'blobs', 'sha256', hexOf(digest))
  const damaged = (actual: string) => (error: unknown) => {
    assert.ok(isStrataError(error, 'internal'))
    assert.deepEqual(error.details, { expected: digest, actual: digestOf(actual) })
    return true
  }
  await truncate(path, 4)
  await assert.rejects(store.verify(digest), damaged('hell'))
  await writeFile(path, 'hullo')
  await assert.rejects(store.verify(digest), damaged('hullo'))
})

test('a full disk: a clear error, the ingest is kept and goes on when there is room', async t => {
  const root = await mkdtemp(join(tmpdir(), 'strata-content-'))
  t.after(async () => {
    await unmount(root)
    await rm(root, { recursive: true, force: true })
  })
  mount(root, { source: 'tmpfs', type: 'tmpfs', data: 'size=1m' })
  const store = await openContentStore(root)
  const ballast = join(root, 'ballast')
  await writeFile(ballast, Buffer.alloc(512 * 1024))
  const bytes = Buffer.alloc(800 * 1024, 7)
  {
    await using writer = await store.writer('r', { expect: { digest: digestOf(bytes), size: bytes.byteLength } })
    await assert.rejects(
      writer.write(bytes),
      error => isStrataError(error, 'unavailable') && error.message === 'no space left on device',
    )
  }
  await assert.rejects(store.writer('another'), error => isStrataError(error, 'unavailable'))
  await rm(ballast)
  await using writer = await store.writer('r', { expect: { digest: digestOf(bytes), size: bytes.byteLength } })
  assert.ok(writer.offset > 0)
  await writer.write(bytes.subarray(writer.offset))
  await writer.commit()
  await store.verify(digestOf(bytes))
})
