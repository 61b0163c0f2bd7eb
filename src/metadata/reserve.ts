import { rmSync, statSync, writeFileSync } from 'node:fs'
import { errnoOf } from '../std/index.ts'

/** Room for what is written ahead before the database takes it in (`wal_autocheckpoint`, 1000 pages of 4 KiB). */
const SIZE = 4 * 1024 * 1024
/** Between two attempts to have one again, in milliseconds. */
const PAUSE = 1_000

/**
 * Bytes kept beside the database for the day on which the disk is full: records can still be written then, so that what
 * has ended is known to have ended, and what takes the space can be removed.
 */
export class Reserve {
  readonly #path: string
  #here = false
  #triedAt = 0

  constructor(path: string) {
    this.#path = path
    this.refill()
  }

  /** Gives its bytes back to the disk. False when there are none. */
  give(): boolean {
    if (!this.#here) return false
    rmSync(this.#path, { force: true })
    this.#here = false
    this.#triedAt = Date.now()
    return true
  }

  /** Puts bytes aside again where that has not been done and there is room. */
  refill(): void {
    if (this.#here || Date.now() - this.#triedAt < PAUSE) return
    this.#triedAt = Date.now()
    try {
      if (statSync(this.#path, { throwIfNoEntry: false })?.size !== SIZE) {
        writeFileSync(this.#path, Buffer.alloc(SIZE), { mode: 0o600 })
      }
      this.#here = true
    } catch (error) {
      rmSync(this.#path, { force: true })
      const errno = errnoOf(error)
      if (errno !== 'ENOSPC' && errno !== 'EDQUOT') throw error
    }
  }
}
