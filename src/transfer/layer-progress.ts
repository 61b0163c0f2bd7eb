import { shortID } from '../oci/index.ts'
import type { ProgressEvent } from './transfer.ts'

/** Docker's words for what happens to a layer. */
export type LayerStatus =
  | 'Pulling fs layer'
  | 'Waiting'
  | 'Verifying Checksum'
  | 'Download complete'
  | 'Pull complete'
  | 'Already exists'
  | 'Preparing'
  | 'Layer already exists'
  | 'Skipped foreign layer'
  | `Mounted from ${string}`
  | 'Pushed'

type Listener = (event: ProgressEvent) => void

const INTERVAL = 100

/** One line of progress about the layer with this digest: of its compressed form in pulls, its diffID in pushes. */
export function layerEvent(digest: string, status: string): ProgressEvent {
  return { status, progressDetail: {}, id: shortID(digest) }
}

/**
 * Tells everybody who waits for a layer, by the short form of a digest, how it stands. Byte counts come about ten times a second, and the first and the
 * last one always; who joins later is told the current state at once.
 */
export class LayerProgress {
  readonly #digest: string
  readonly #now: () => number
  readonly #listeners = new Set<Listener>()
  #current: ProgressEvent | undefined
  #told = Number.NEGATIVE_INFINITY

  constructor(digest: string, now: () => number = () => performance.now()) {
    this.#digest = digest
    this.#now = now
  }

  add(listener: Listener): void {
    this.#listeners.add(listener)
    if (this.#current) listener(this.#current)
  }

  remove(listener: Listener): void {
    this.#listeners.delete(listener)
  }

  status(status: LayerStatus): void {
    this.#tell(layerEvent(this.#digest, status))
  }

  /** `seconds` until the next attempt. */
  retrying(seconds: number): void {
    const status = `Retrying in ${seconds} second${seconds === 1 ? '' : 's'}`
    this.#tell(layerEvent(this.#digest, status))
  }

  bytes(status: 'Downloading' | 'Extracting' | 'Loading layer' | 'Pushing', current: number, total: number): void {
    const event = { ...layerEvent(this.#digest, status), progressDetail: { current, total } }
    const now = this.#now()
    const changed = this.#current?.status !== status
    if (changed || current >= total || now - this.#told >= INTERVAL) {
      this.#told = now
      this.#tell(event)
    } else this.#current = event
  }

  #tell(event: ProgressEvent): void {
    this.#current = event
    for (const listener of this.#listeners) listener(event)
  }
}
