import { writeSync } from 'node:fs'
import { openMetadata } from '../index.ts'

/** Commits pairs of records for ever and says on standard output which pair is durable. Is killed in the middle. */
using store = openMetadata(process.argv[2] ?? '')
const left = store.table<number>('left')
const right = store.table<number>('right')
for (let next = left.count(); ; next++) {
  const key = String(next).padStart(8, '0')
  store.transaction(() => {
    left.put(key, next)
    right.put(key, next)
  })
  writeSync(1, `${next}\n`)
}
