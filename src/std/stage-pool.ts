import { runStage } from './stage.ts'

/** What a stage makes of a chunk, whose buffer is given away. */
export type Worked = (chunk: Uint8Array) => Promise<Uint8Array>

interface Job {
  readonly chunk: Uint8Array
  readonly resolve: (made: Uint8Array) => void
  readonly reject: (error: unknown) => void
}

/**
 * Work on chunks that have nothing to do with each other, for everybody who has some: `threads` worker threads run the
 * stage of `module`, which must emit exactly one chunk for each that it reads. Threads are there while there is work. Who
 * calls it bounds how many chunks wait.
 */
export function createStagePool<Args>(module: URL, args: Args, threads: number): Worked {
  const lanes = Array.from({ length: threads }, () => new Lane(module, args))
  return chunk => {
    const idlest = lanes.reduce((best, lane) => (lane.load < best.load ? lane : best))
    return idlest.work(chunk)
  }
}

/** One thread's work, in order. */
class Lane {
  readonly #module: URL
  readonly #args: unknown
  readonly #waiting: Job[] = []
  readonly #underWay: Job[] = []
  #run: Promise<void> | undefined
  #wake: () => void = () => {}

  constructor(module: URL, args: unknown) {
    this.#module = module
    this.#args = args
  }

  get load(): number {
    return this.#waiting.length + this.#underWay.length
  }

  work(chunk: Uint8Array): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
    this.#waiting.push({ chunk, resolve, reject })
    this.#wake()
    this.#run ??= this.#start()
    return promise
  }

  async #start(): Promise<void> {
    while (this.#waiting.length > 0) {
      const { signal } = new AbortController()
      const { output, result } = runStage(this.#module, this.#args, { input: this.#input(), signal })
      try {
        for await (const made of output) {
          this.#underWay.shift()!.resolve(made)
          this.#wake()
        }
        await result
        if (this.#underWay.length > 0) throw new Error(`the stage ${this.#module.pathname} left chunks out`)
      } catch (error) {
        for (const job of this.#underWay.splice(0)) job.reject(error)
      }
    }
    this.#run = undefined
  }

  async *#input(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const job = this.#waiting.shift()
      if (job) {
        this.#underWay.push(job)
        yield job.chunk
      } else if (this.#underWay.length === 0) return
      else {
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
      }
    }
  }
}
