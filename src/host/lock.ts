import { constants } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { StrataError } from '../std/index.ts'
import { addon } from './addon.ts'

const LOCK_EX = 2
const LOCK_NB = 4

/**
 * Takes a data root for this process alone, by flock(2) on its file `lock`, in which the pid is written. The kernel
 * gives the lock back when the process ends, however it ends; the file stays.
 * Throws `unavailable`, naming the holder's pid, when it is taken.
 */
export async function lockDataRoot(folder: string): Promise<AsyncDisposable> {
  await mkdir(folder, { recursive: true, mode: 0o710 })
  const path = join(folder, 'lock')
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  try {
    if (!addon().flock(file.fd, LOCK_EX | LOCK_NB)) {
      const pid = Number.parseInt(await file.readFile('utf8'), 10)
      const holder = Number.isNaN(pid) ? 'another process' : `process ${pid}`
      throw new StrataError('unavailable', `the data root ${folder} is in use by ${holder}`, {
        details: { folder, ...(Number.isNaN(pid) ? {} : { pid }) },
      })
    }
    await file.truncate(0)
    await file.write(`${process.pid}\n`, 0)
  } catch (error) {
    await file.close()
    throw error
  }
  return { [Symbol.asyncDispose]: () => file.close() }
}
