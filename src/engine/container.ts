import type { ContainerConfig, HostConfig } from '../apitypes/index.ts'
import type { Table } from '../metadata/index.ts'
import type { Endpoint } from '../network/index.ts'
import type { Descriptor, DiffID, Digest } from '../oci/index.ts'
import type { Task } from '../runtime/index.ts'

/**
 * Containers as the user knows them.
 *
 * A *container* is a record: what to run and what became of it. While it runs it has a *task* (the processes), a mounted
 * *rootfs*, and, unless its network mode is `host`, `none` or another container's, a *sandbox* with an *endpoint*.
 *
 * Life cycle: created -> running (-> paused -> running) -> exited -> running … -> removed. Each step is written to the
 * record before anybody hears of it. Whether a container runs is not decided by its record but by its task: after a
 * crash of the engine the tasks are asked, and the records follow (`recover.ts`).
 */
export interface ContainerRecord {
  readonly id: string
  /** Without the leading slash. */
  readonly name: string
  /** RFC 3339 with nanoseconds. */
  readonly created: string
  readonly image: Digest
  /** The image as the user named it. */
  readonly imageName: string
  readonly imageManifest?: Descriptor
  readonly platform: { readonly os: string; readonly architecture: string; readonly variant?: string }
  /** What the rootfs is stacked from; kept here because the image may go before the container. */
  readonly layers: readonly DiffID[]
  /** The image's defaults and the user's wishes, merged. */
  readonly config: ContainerConfig
  readonly hostConfig: HostConfig
  readonly mounts: readonly MountPoint[]
  readonly state: StateRecord
  /** How the present run ended, from then on until all that it held is given back. */
  readonly exit?: Pick<StateRecord, 'exitCode' | 'oomKilled' | 'finishedAt'>
  /** Asked for by the user. */
  readonly macAddress?: string
  readonly endpoint?: Endpoint
  /** Path of the network namespace that its processes are in, while it has an own one. */
  readonly sandboxPath?: string
  readonly restartCount: number
  /** Stopped by the user: restart policies leave it alone, `unless-stopped` also after the engine's start. */
  readonly manuallyStopped: boolean
}

export interface MountPoint {
  readonly type: 'bind' | 'volume' | 'tmpfs'
  /** Volume name, for volumes. */
  readonly name?: string
  /** Path on the host; empty for tmpfs. */
  readonly source: string
  readonly destination: string
  readonly mode: string
  readonly writable: boolean
  readonly propagation: string
  /** Made for this container because the image or the user asked for a volume without naming it. */
  readonly anonymous?: boolean
  /** Whether an empty volume is filled with what the image has at the destination. */
  readonly copy?: boolean
  readonly recursive?: boolean
}

export interface StateRecord {
  readonly status: 'created' | 'running' | 'exited' | 'removing' | 'dead'
  readonly paused: boolean
  /** Paused by the engine for the time of a commit, or about to be. */
  readonly pausedToCommit?: boolean
  /** Exited, and about to be started again by its restart policy. */
  readonly restarting: boolean
  readonly oomKilled: boolean
  readonly pid: number
  readonly exitCode: number
  readonly error: string
  /** RFC 3339 with nanoseconds; {@link never} before the first start and the first exit. */
  readonly startedAt: string
  readonly finishedAt: string
}

/** Go's zero time, which Docker shows for what has not happened. */
export const never = '0001-01-01T00:00:00Z'

export type WaitCondition = 'not-running' | 'next-exit' | 'removed'

export interface WaitResult {
  readonly exitCode: number
  readonly error: string
}

/** What a running container has in this process. */
export interface Run {
  readonly task: Task
  /** The OCI spec that it was started with. */
  readonly spec: object
  /** Where its rootfs is mounted. */
  readonly rootfs: string
}

/** A record and what of it lives in this process. All changes are made under the container's lock. */
export class Container {
  #record: ContainerRecord
  readonly #table: Table<ContainerRecord>
  readonly #waiters = new Set<{ readonly condition: WaitCondition; readonly resolve: (result: WaitResult) => void }>()
  readonly #attaches = new Set<(task: Task | undefined) => Promise<void>>()
  #forgotten = false
  /** The present run. */
  run: Run | undefined
  /** While a start is under way: resolves, and is unset, when it is known what came of it. */
  starting: Promise<void> | undefined
  /** Resolves when the present run has ended and all is given back. */
  exited: Promise<void> = Promise.resolve()
  /** Stops the wait before the next restart. */
  cancelRestart: (() => void) | undefined
  /** The user asked for the end of the present run. */
  stopping = false

  constructor(record: ContainerRecord, table: Table<ContainerRecord>) {
    this.#record = record
    this.#table = table
  }

  get id(): string {
    return this.#record.id
  }

  get record(): ContainerRecord {
    return this.#record
  }

  get running(): boolean {
    return this.#record.state.status === 'running'
  }

  /** Changes the record, durably. */
  update(patch: Partial<ContainerRecord>): void {
    this.replace({ ...this.#record, ...patch })
  }

  /** Sets the whole record, durably: for fields that go away. */
  replace(record: ContainerRecord): void {
    this.#record = record
    if (!this.#forgotten) this.#table.put(record.id, record)
  }

  /** Deletes the record. Who waited for the container's lock meanwhile may change it still, and doesn't bring it back. */
  forget(): void {
    this.#forgotten = true
    this.#table.delete(this.id)
  }

  updateState(patch: Partial<StateRecord>): void {
    this.update({ state: { ...this.#record.state, ...patch } })
  }

  /** Resolves once the condition holds; see https://docs.docker.com/reference/api/engine/ ContainerWait. */
  wait(condition: WaitCondition, signal: AbortSignal): Promise<WaitResult> {
    const { status, restarting, exitCode, error } = this.#record.state
    if (condition === 'not-running' && status !== 'running' && !restarting) {
      return Promise.resolve({ exitCode, error })
    }
    return new Promise((resolve, reject) => {
      const waiter = { condition, resolve }
      this.#waiters.add(waiter)
      signal.addEventListener(
        'abort',
        () => {
          this.#waiters.delete(waiter)
          reject(signal.reason)
        },
        { once: true },
      )
    })
  }

  /** Tells those who wait for what has happened. A removal ends every wait. */
  announce(happened: 'exit' | 'removal'): void {
    const { exitCode, error } = this.#record.state
    for (const waiter of this.#waiters) {
      if (happened === 'exit' && waiter.condition === 'removed') continue
      this.#waiters.delete(waiter)
      waiter.resolve({ exitCode, error })
    }
  }

  /**
   * Calls `connect` with the task of the next start, or with nothing when it comes to none. The process does not run
   * before the promise has settled, so that nothing of its output is missed.
   */
  onNextStart(connect: (task: Task | undefined) => Promise<void>): () => void {
    this.#attaches.add(connect)
    return () => this.#attaches.delete(connect)
  }

  /** Hands the task to those who attached before the start, and waits until they are connected. */
  async connectAttached(task: Task | undefined): Promise<void> {
    const waiting = [...this.#attaches]
    this.#attaches.clear()
    await Promise.allSettled(waiting.map(connect => connect(task)))
  }
}

/** Whether and how a network is joined, from `HostConfig.NetworkMode`. */
export type NetworkMode =
  | { readonly kind: 'bridge' | 'host' | 'none' }
  | { readonly kind: 'container'; readonly container: string }

export function networkMode(mode: string | undefined): NetworkMode | undefined {
  if (mode === undefined || mode === '' || mode === 'default' || mode === 'bridge') return { kind: 'bridge' }
  if (mode === 'host' || mode === 'none') return { kind: mode }
  if (mode.startsWith('container:')) return { kind: 'container', container: mode.slice('container:'.length) }
  return undefined
}
