/**
 * Named volumes: folders that outlive containers. The only driver is `local`: `<root>/<name>/_data`.
 * Life cycle: `ensure` -> bound into containers by `path` -> `remove`.
 */
export interface VolumeStore {
  /** The volume of this name, made when there is none. Throws `invalid_argument` for a bad name. */
  ensure(name: string, options?: { readonly anonymous?: boolean }): Promise<Volume>
  /** Fills an empty volume with what is at `from`, keeping modes, owners, times and xattrs. */
  populate(name: string, from: string): Promise<void>
  get(name: string): Volume | undefined
  remove(name: string): Promise<void>
}

export interface Volume {
  readonly name: string
  /** Where its content lies on the host. */
  readonly path: string
  /** RFC 3339. */
  readonly createdAt: string
  readonly anonymous: boolean
}
