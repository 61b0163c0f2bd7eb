import { gzipSync } from 'node:zlib'
import { parentPort } from 'node:worker_threads'
import { addon } from '../addon.ts'
import { gunzip } from '../gzip.ts'
import { run, spawn } from '../spawn.ts'
import { bytesOf, collect } from '../../std/index.ts'

const text = 'worker'.repeat(100_000)
const inflated = await collect(gunzip(bytesOf(gzipSync(text))), 1 << 20)
const { code } = await run('sh', ['-c', 'exit 7'])
// Still waiting when the thread is terminated.
const { pid } = spawn('cat', [], { stdio: [addon().pipe()[0]] })
parentPort!.postMessage({ equal: inflated.toString() === text, code, pid })
