import type {
  CheckMessage,
  DiskUsage,
  DiskUsageType,
  EngineVersion,
  EventMessage,
  Filters,
  Info,
} from '../../apitypes/index.ts'

/** What the system routes need. */
export interface SystemBackend {
  version(): Promise<EngineVersion>
  info(): Promise<Info>
  /** What of these kinds is there, and the room it takes. */
  diskUsage(types: ReadonlySet<DiskUsageType>): Promise<DiskUsage>
  /** Removes what builds keep and nothing needs. Throws `invalid_argument` with Docker's text for values of filters. */
  pruneBuildCache(
    filters: Filters,
  ): Promise<{ readonly CachesDeleted: readonly string[] | null; readonly SpaceReclaimed: number }>
  /** Past events from `since` on, then live ones, until `until` or until `signal` is aborted (which ends it without an error). */
  events(options: EventsOptions): AsyncIterable<EventMessage>
  /** Verifies the whole store again; one message a finding. Its last message is `done`. */
  check(options: { readonly signal: AbortSignal }): AsyncIterable<CheckMessage>
}

export interface EventsOptions {
  /** Nanoseconds since the epoch. Absent: no past events, but with `until` all that are kept. */
  readonly since?: bigint
  /** Nanoseconds since the epoch. Absent: for ever. */
  readonly until?: bigint
  readonly filters: Filters
  readonly signal: AbortSignal
}
