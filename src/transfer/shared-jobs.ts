import { canceled, isStrataError, orAborted, StrataError } from '../std/index.ts'
import { LayerProgress } from './layer-progress.ts'
import type { ProgressEvent } from './transfer.ts'

interface Job<Result> {
  readonly controller: AbortController
  readonly progress: LayerProgress
  readonly result: Promise<Result>
  waiters: number
}

/** What a job tells of itself, and what ends it. */
export interface JobContext {
  readonly progress: LayerProgress
  readonly signal: AbortSignal
}

export interface JoinOptions<Result> {
  /** The digest or diffID that progress is about. */
  readonly subject: string
  readonly work: (job: JobContext) => Promise<Result>
  readonly progress: (event: ProgressEvent) => void
  readonly signal: AbortSignal
}

/**
 * Work on layers that several pulls or pushes may want. What has the same key is done once; all who want it see how it
 * goes, and it is given up when the last one is.
 */
export class SharedJobs<Result> {
  readonly #jobs = new Map<string, Job<Result>>()

  /** Does the work, or waits with those who do already. */
  async join(key: string, options: JoinOptions<Result>): Promise<Result> {
    for (;;) {
      const job = this.#start(key, options)
      try {
        return await this.#wait(job, options)
      } catch (error) {
        // Given up by somebody that this one doesn't depend on: begin anew.
        if (options.signal.aborted || !isStrataError(error, 'canceled')) throw error
      }
    }
  }

  #start(key: string, { subject, work }: JoinOptions<Result>): Job<Result> {
    const running = this.#jobs.get(key)
    if (running && !running.controller.signal.aborted) return running
    const controller = new AbortController()
    const progress = new LayerProgress(subject)
    const result = work({ progress, signal: controller.signal })
    const job: Job<Result> = { controller, progress, result, waiters: 0 }
    this.#jobs.set(key, job)
    const forget = () => {
      if (this.#jobs.get(key) === job) this.#jobs.delete(key)
    }
    result.then(forget, forget)
    return job
  }

  async #wait(job: Job<Result>, { progress, signal }: JoinOptions<Result>): Promise<Result> {
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
