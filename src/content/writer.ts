import type { FileHandle } from 'node:fs/promises'
import { rename, rm } from 'node:fs/promises'
import type { Descriptor, Digest } from '../oci/index.ts'
import { type Bytes, diskError, errnoOf, readFileRange, StrataError, syncPath } from '../std/index.ts'
import type { Writer, WriterOptions } from './content.ts'
import type { IngestPaths, Paths } from './paths.ts'
import { RunningDigest } from './running-digest.ts'

type Expected = Partial<Pick<Descriptor, 'digest' | 'size'>>

export interface WriterContext extends WriterOptions {
  readonly ref: string
  readonly paths: Paths
  /** Called once, when the ref is free for another writer. */
  readonly released: () => void
}

/** A {@link Writer} on an open ingest. */
export class FileWriter implements Writer {
  readonly #file: FileHandle
  readonly #ingest: IngestPaths
  readonly #context: WriterContext
  readonly #digest = new RunningDigest()
  #offset: number
  #state: 'open' | 'aborted' | 'closed' = 'open'

  /** @param offset bytes that are in `file` already. */
  constructor(file: FileHandle, offset: number, context: WriterContext) {
    this.#file = file
    this.#offset = offset
    this.#context = context
    this.#ingest = context.paths.ingest(context.ref)
  }

  get offset(): number {
    return this.#offset
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#check()
    const { expect, hash = true } = this.#context
    if (expect && this.#offset + chunk.byteLength > expect.size) {
      throw differs(`more than the ${expect.size} bytes expected`, { expected: expect.size })
    }
    if (hash) await this.#digest.catchUp(this.#file, this.#offset)
    for (let done = 0; done < chunk.byteLength; ) {
      const rest = chunk.subarray(done)
      const written = await this.#writeSome(rest)
      if (hash) this.#digest.update(rest.subarray(0, written), this.#offset)
      this.#offset += written
      done += written
    }
  }

  read(offset = 0): Bytes {
    this.#check()
    return readFileRange(this.#file, offset, this.#offset)
  }

  async truncate(size: number): Promise<void> {
    this.#check()
    if (size > this.#offset) throw new RangeError(`can't truncate ${this.#offset} bytes to ${size}`)
    await this.#file.truncate(size)
    this.#offset = size
  }

  async commit(expect: Expected = {}): Promise<{ readonly digest: Digest; readonly size: number }> {
    this.#check()
    const size = this.#offset
    const expected: Expected = { ...this.#context.expect, ...expect }
    if (expected.size !== undefined && expected.size !== size) {
      await this.#drop()
      throw differs(`${size} bytes, expected ${expected.size}`, { expected: expected.size, actual: size })
    }
    await this.#digest.catchUp(this.#file, size)
    const digest = this.#digest.digest()
    if (expected.digest !== undefined && expected.digest !== digest) {
      await this.#drop()
      throw differs(`digest ${digest}, expected ${expected.digest}`, { expected: expected.digest, actual: digest })
    }
    await this.#publish(digest)
    return { digest, size }
  }

  /** The ingest is being dropped by somebody else. */
  abort(): void {
    if (this.#state === 'open') this.#state = 'aborted'
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    try {
      await this.#file.close()
    } finally {
      this.#context.released()
    }
  }

  async #publish(digest: Digest): Promise<void> {
    const { paths } = this.#context
    try {
      const now = new Date()
      await this.#file.utimes(now, now)
      await this.#file.sync()
      this.#check()
      await rename(this.#ingest.data, paths.blob(digest))
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') throw this.#canceled(error)
      throw diskError(error)
    }
    await syncPath(paths.blobs)
    await this.#drop()
  }

  async #drop(): Promise<void> {
    await rm(this.#ingest.folder, { recursive: true, force: true })
    await this[Symbol.asyncDispose]()
  }

  async #writeSome(bytes: Uint8Array): Promise<number> {
    try {
      return (await this.#file.write(bytes, 0, bytes.byteLength, this.#offset)).bytesWritten
    } catch (error) {
      throw diskError(error)
    }
  }

  #check(): void {
    if (this.#state === 'aborted') throw this.#canceled()
    if (this.#state === 'closed') throw new Error(`the writer of ${this.#context.ref} is closed`)
  }

  #canceled(cause?: unknown): StrataError {
    return new StrataError('canceled', `the ingest ${this.#context.ref} was aborted`, { cause })
  }
}

function differs(how: string, details: Readonly<Record<string, unknown>>): StrataError {
  return new StrataError('failed_precondition', `unexpected content: ${how}`, { details })
}
