import type { LayerInfo } from '../layers/index.ts'
import { canceled, isStrataError, orAborted, StrataError } from '../std/index.ts'
import { bringLayer, type LayerRoad, type WantedLayer } from './layer-job.ts'
import { LayerProgress } from './layer-progress.ts'
import type { ProgressEvent } from './transfer.ts'

interface Job {
  readonly controller: AbortController
  readonly progress: LayerProgress
  readonly result: Promise<LayerInfo>
  waiters: number
}

export interface JoinOptions {
  readonly progress: (event: ProgressEvent) => void
  readonly signal: AbortSignal
}

/**
 * The layers that are on their way in, for all pulls. A layer that several pulls want is brought once; all of them see
 * how it goes, and it is given up when the last one is.
 */
export class LayerJobs {
  readonly #road: LayerRoad
  readonly #jobs = new Map<string, Job>()

  constructor(road: LayerRoad) {
    this.#road = road
  }

  /** Brings a layer, or waits with those who do already. */
  async bring(wanted: WantedLayer, options: JoinOptions): Promise<LayerInfo> {
    for (;;) {
      const job = this.#join(wanted)
      try {
        return await this.#wait(job, options)
      } catch (error) {
        // Given up by a pull that this one doesn't depend on: begin anew.
        if (options.signal.aborted || !isStrataError(error, 'canceled')) throw error
      }
    }
  }

  #join(wanted: WantedLayer): Job {
    const key = `${wanted.descriptor.digest} ${wanted.diffID} ${wanted.below?.chain ?? ''}`
    const running = this.#jobs.get(key)
    if (running && !running.controller.signal.aborted) return running
    const controller = new AbortController()
    const progress = new LayerProgress(wanted.descriptor.digest)
    const result = bringLayer(this.#road, wanted, { progress, signal: controller.signal })
    const job: Job = { controller, progress, result, waiters: 0 }
    this.#jobs.set(key, job)
    const forget = () => {
      if (this.#jobs.get(key) === job) this.#jobs.delete(key)
    }
    result.then(forget, forget)
    return job
  }

  async #wait(job: Job, { progress, signal }: JoinOptions): Promise<LayerInfo> {
    job.waiters++
    job.progress.add(progress)
    try {
      return await orAborted(job.result, signal)
    } finally {
      job.waiters--
      job.progress.remove(progress)
      if (job.waiters === 0) {
        job.controller.abort(signal.aborted ? canceled(signal) : new StrataError('canceled', 'nobody waits for it'))
        await job.result.catch(() => {})
      }
    }
  }
}
