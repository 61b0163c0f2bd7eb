/** A named volume, as `docker volume inspect` shows it. */
export interface Volume {
  /** RFC 3339, to the second. */
  readonly CreatedAt: string
  readonly Driver: string
  readonly Labels: Readonly<Record<string, string>> | null
  /** Where its content lies on the host. */
  readonly Mountpoint: string
  readonly Name: string
  readonly Options: Readonly<Record<string, string>> | null
  readonly Scope: 'local'
  /** Only in `GET /system/df`. */
  readonly UsageData?: {
    /** Containers that have it. */
    readonly RefCount: number
    /** Bytes. */
    readonly Size: number
  }
}

/** `GET /volumes`. */
export interface VolumeList {
  readonly Volumes: readonly Volume[]
  readonly Warnings: readonly string[] | null
}

/** The body of `POST /volumes/create`. */
export interface VolumeCreateRequest {
  /** Empty: `local`. */
  readonly Driver: string
  readonly DriverOpts: Readonly<Record<string, string>> | null
  readonly Labels: Readonly<Record<string, string>> | null
  /** Empty: the engine makes one up. */
  readonly Name: string
}

/** `POST /volumes/prune`. */
export interface VolumesPruned {
  readonly VolumesDeleted: readonly string[]
  /** Bytes. */
  readonly SpaceReclaimed: number
}
