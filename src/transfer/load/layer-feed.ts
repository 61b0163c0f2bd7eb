import { Filler, release } from '../../std/index.ts'

/** Blocks that wait for the reader before the feed is said to be full. */
const WAITING = 3

/**
 * The bytes of one layer on their way from the archive to the layer store: pushed in as views of whatever comes, read as
 * blocks of 1 MiB in buffers of their own, which can change threads without another copy.
 */
export class LayerFeed {
  readonly #ready: Uint8Array[] = []
  readonly #filler = new Filler()
  #ended = false
  #discarded = false
  #failure: { readonly error: unknown } | undefined
  #wakeReader: () => void = () => {}
  #wakeWriter: () => void = () => {}

  /** Whether whoever pushes should wait for {@link room}. */
  get full(): boolean {
    return this.#ready.length >= WAITING
  }

  /** Copies the bytes. */
  push(bytes: Uint8Array): void {
    if (this.#discarded) return
    for (const block of this.#filler.push(bytes)) this.#hand(block)
  }

  /** There is nothing more. */
  end(): void {
    const rest = this.#discarded ? undefined : this.#filler.rest()
    if (rest) this.#hand(rest)
    this.#ended = true
    this.#wakeReader()
  }

  /** Nothing more can come. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#wakeReader()
  }

  /** Nobody reads any more: what is there and what comes is dropped. */
  discard(): void {
    this.#discarded = true
    for (const block of this.#ready.splice(0)) release(block)
    this.#wakeWriter()
  }

  /** Resolves when it is no longer full, or nobody reads any more. */
  async room(): Promise<void> {
    while (this.full && !this.#discarded) {
      await new Promise<void>(resolve => {
        this.#wakeWriter = resolve
      })
    }
  }

  /** To be read once. */
  async *bytes(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const block = this.#ready.shift()
      if (block) {
        this.#wakeWriter()
        yield block
      } else if (this.#failure) throw this.#failure.error
      else if (this.#ended) return
      else {
        await new Promise<void>(resolve => {
          this.#wakeReader = resolve
        })
      }
    }
  }

  #hand(block: Uint8Array): void {
    this.#ready.push(block)
    this.#wakeReader()
  }
}
