/**
 * Named volumes: folders that outlive containers. The only driver is `local`: `<root>/<name>/_data`.
 * Life cycle: `ensure` -> bound into containers by `path` -> `remove`. An anonymous volume is made for a container that
 * is not recorded yet: until `claim` it is *unclaimed*, and goes when the engine ended in between.
 */
export interface VolumeStore {
  /**
   * The volume of this name, made when there is none; one that is there keeps its labels and options. When it returns to
   * its caller, before the promise settles, the volume is on record. Throws `invalid_argument` for a bad name or option.
   */
  ensure(name: string, options?: NewVolume): Promise<Volume>
  /** Fills an empty volume with what is at `from`, keeping modes, owners, times and xattrs. */
  populate(name: string, from: string): Promise<void>
  get(name: string): Volume | undefined
  /** By name. */
  list(): Volume[]
  /** Bytes of what is in it, hard links once. */
  size(name: string): Promise<number>
  /** Says that the container which an anonymous volume was made for is recorded. */
  claim(name: string): void
  /** Names of the anonymous volumes that nobody claimed. */
  unclaimed(): string[]
  /** No error when there is none. A removal that was cut off can be made again. */
  remove(name: string): Promise<void>
}

export interface Volume {
  readonly name: string
  /** Where its content lies on the host. */
  readonly path: string
  /** RFC 3339. */
  readonly createdAt: string
  /** Null: none were given. An anonymous volume has {@link anonymousLabel}. */
  readonly labels: Readonly<Record<string, string>> | null
  readonly options: Readonly<Record<string, string>> | null
}

export interface NewVolume {
  /** Nobody named it: gets {@link anonymousLabel}. */
  readonly anonymous?: boolean
  readonly labels?: Readonly<Record<string, string>> | null
  /** Of the driver. */
  readonly options?: Readonly<Record<string, string>> | null
}

/** The label by which Docker tells volumes that nobody named. */
export const anonymousLabel = 'com.docker.volume.anonymous'
