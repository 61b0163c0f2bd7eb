import { write } from 'node:fs'
import { promisify } from 'node:util'
import { release } from './blocks.ts'
import { Filler } from './filler.ts'

const writeSome = promisify(write)
/** Writes that may be under way. */
const UNDER_WAY = 2
/** Smaller chunks are gathered. */
const SMALL = 64 * 1024

/**
 * Writes a stream to an open file, from its start on, in the background: while some is written the next can be worked on.
 * The memory of what was written is given back. To be disposed of before the file is closed: waits for what is under way.
 */
export class WriteBehind implements AsyncDisposable {
  readonly #fd: number
  readonly #running: Promise<void>[] = []
  readonly #filler = new Filler()
  #position = 0
  #failure: { readonly error: unknown } | undefined

  constructor(fd: number) {
    this.#fd = fd
  }

  /** Takes the chunk over. It is still whole until the caller waits for something. */
  push(chunk: Uint8Array): void {
    if (chunk.byteLength >= SMALL) {
      this.#flush()
      this.#start(chunk)
    } else {
      for (const block of this.#filler.push(chunk)) this.#start(block)
    }
  }

  /** Resolves when more can be pushed; throws when something could not be written. */
  async room(): Promise<void> {
    while (this.#running.length > UNDER_WAY) await this.#running[0]
    if (this.#failure) throw this.#failure.error
  }

  /** Resolves when all is written; throws when something could not be. */
  async finish(): Promise<void> {
    this.#flush()
    await this[Symbol.asyncDispose]()
    if (this.#failure) throw this.#failure.error
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running)
  }

  #flush(): void {
    const rest = this.#filler.rest()
    if (rest) this.#start(rest)
  }

  #start(chunk: Uint8Array): void {
    const position = this.#position
    this.#position += chunk.byteLength
    const done = this.#writeAll(chunk, position)
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .then(() => {
        release(chunk)
        this.#running.splice(this.#running.indexOf(done), 1)
      })
    this.#running.push(done)
  }

  async #writeAll(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.byteLength; ) {
      const { bytesWritten } = await writeSome(this.#fd, bytes, done, bytes.byteLength - done, position + done)
      done += bytesWritten
    }
  }
}
