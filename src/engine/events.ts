import type { EventMessage, EventType, Filters } from '../apitypes/index.ts'

export interface EventQuery {
  /** Nanoseconds since the epoch; what was published since then comes first. Absent: what is kept, if there is an `until`. */
  readonly since?: bigint
  /** Nanoseconds since the epoch; the stream ends there. */
  readonly until?: bigint
  /** Filter name -> accepted values; values of one name are alternatives, names are all needed. */
  readonly filters: Filters
  readonly signal: AbortSignal
}

const KEPT = 256
/** The smallest step of a double near today's nanoseconds. */
const CLOCK_STEP = 256

/** What happened, for `docker events`: told to all who listen; the last 256 are kept for who asks later, as Docker does. */
export class EventBus {
  readonly #recent: EventMessage[] = []
  readonly #listeners = new Set<(event: EventMessage) => void>()
  #last = 0

  /** How many listen now. */
  get listeners(): number {
    return this.#listeners.size
  }

  publish(type: EventType, action: string, id: string, attributes: Readonly<Record<string, string>>): void {
    // Times only ever grow, so that a client that goes on from the last one it saw misses nothing.
    const timeNano = Math.max(Date.now() * 1e6, this.#last + CLOCK_STEP)
    this.#last = timeNano
    const event: EventMessage = {
      Type: type,
      Action: action,
      Actor: { ID: id, Attributes: { ...attributes } },
      scope: 'local',
      time: Math.floor(timeNano / 1e9),
      timeNano,
    }
    this.#recent.push(event)
    if (this.#recent.length > KEPT) this.#recent.shift()
    for (const listener of this.#listeners) listener(event)
  }

  /** Past events since `since`, then what comes until `until` or the abort. Without `until` it never ends by itself. */
  async *stream(query: EventQuery): AsyncGenerator<EventMessage> {
    const queue: EventMessage[] = []
    let wake: () => void = () => {}
    let over = query.signal.aborted
    const listener = (event: EventMessage) => {
      queue.push(event)
      wake()
    }
    const finish = () => {
      over = true
      wake()
    }
    this.#listeners.add(listener)
    query.signal.addEventListener('abort', finish, { once: true })
    let timer: NodeJS.Timeout | undefined
    if (query.since !== undefined || query.until !== undefined) {
      const since = query.since ?? 0n
      queue.push(...this.#recent.filter(event => event.timeNano >= since))
    }
    if (query.until !== undefined) {
      const left = Number(query.until / 1_000_000n) - Date.now()
      if (left <= 0) over = true
      else timer = setTimeout(finish, Math.min(left, 2 ** 31 - 1))
    }
    try {
      for (;;) {
        const event = queue.shift()
        if (event) {
          if (query.until !== undefined && event.timeNano > query.until) continue
          if (matches(event, query.filters)) yield event
        } else if (over) return
        else {
          await new Promise<void>(resolve => {
            wake = resolve
          })
        }
      }
    } finally {
      clearTimeout(timer)
      this.#listeners.delete(listener)
      query.signal.removeEventListener('abort', finish)
    }
  }
}

function matches(event: EventMessage, filters: Filters): boolean {
  const attributes = event.Actor.Attributes
  const isOrNamed = (type: string) => (value: string) =>
    event.Type === type && (event.Actor.ID.startsWith(value) || (attributes.name ?? '').startsWith(value))
  const tests: Record<string, (value: string) => boolean> = {
    type: value => event.Type === value,
    event: value =>
      event.Action === value || event.Action.startsWith(`${value}: `) || event.Action.startsWith(`${value}:`),
    container: value => isOrNamed('container')(value.replace(/^\//, '')),
    image: value => {
      const name = event.Type === 'image' ? attributes.name : attributes.image
      return event.Actor.ID === value || name === value || name?.replace(/:[^:/]*$/, '') === value
    },
    network: isOrNamed('network'),
    volume: isOrNamed('volume'),
    plugin: isOrNamed('plugin'),
    daemon: isOrNamed('daemon'),
    service: isOrNamed('service'),
    node: isOrNamed('node'),
    secret: isOrNamed('secret'),
    config: isOrNamed('config'),
    scope: value => event.scope === value,
    label: value => {
      const at = value.indexOf('=')
      return at < 0 ? Object.hasOwn(attributes, value) : attributes[value.slice(0, at)] === value.slice(at + 1)
    },
  }
  for (const [name, values] of filters) {
    const test = tests[name]
    if (test && values.length > 0 && !values.some(test)) return false
  }
  return true
}
