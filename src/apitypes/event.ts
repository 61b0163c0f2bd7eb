/** One line of `GET /events`. */
export interface EventMessage {
  readonly Type: EventType
  /** `create`, `start`, `die`, `pull`, `exec_create: sh`, … */
  readonly Action: string
  readonly Actor: EventActor
  readonly scope: 'local' | 'swarm'
  /** Seconds since the epoch. */
  readonly time: number
  /** Nanoseconds since the epoch (as exact as a double is: 256 ns). */
  readonly timeNano: number
}

export type EventType =
  | 'builder'
  | 'config'
  | 'container'
  | 'daemon'
  | 'image'
  | 'network'
  | 'node'
  | 'plugin'
  | 'secret'
  | 'service'
  | 'volume'

export interface EventActor {
  readonly ID: string
  /** `name`, `image`, `exitCode`, `signal`, …, and the object's labels. */
  readonly Attributes: Readonly<Record<string, string>>
}
