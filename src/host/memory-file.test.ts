import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync, readSync, writeSync } from 'node:fs'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { openMemoryFile } from './memory-file.ts'

test('a file in memory keeps what is written to it, at any offset, and is gone with its owner', () => {
  const file = openMemoryFile('trial')
  const path = `/proc/self/fd/${file.fd}`
  writeSync(file.fd, 'words', 10)
  assert.equal(readSync(file.fd, Buffer.alloc(100), 0, 100, 0), 15)
  assert.equal(readFileSync(path).subarray(10).toString(), 'words')
  file[Symbol.dispose]()
  assert.ok(!existsSync(path))
})

test('Node, which keeps a list of what a worker thread opens, is not told of its end', async () => {
  const module = JSON.stringify(new URL('./memory-file.ts', import.meta.url).href)
  const script = `
    process.on('warning', ({ message }) => require('node:worker_threads').parentPort.postMessage(message))
    import(${module}).then(({ openMemoryFile }) => openMemoryFile('trial')[Symbol.dispose]())
  `
  const worker = new Worker(script, { eval: true })
  const warnings: string[] = []
  worker.on('message', (text: string) => warnings.push(text))
  await once(worker, 'exit')
  assert.deepEqual(
    warnings.filter(text => text.includes('File descriptor')),
    [],
  )
})
