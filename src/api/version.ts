import { StrataError } from '../std/index.ts'

/** The newest and the oldest version of Docker's API that is spoken here. All are 1.x; x is what is compared. */
export const apiVersion = { max: '1.51', maxMinor: 51, min: '1.24', minMinor: 24 } as const

const prefix = /^\/v([0-9.]+)(\/.*)$/

/** A request path without its `/v1.x`, and the x; a path without a version speaks the newest. */
export interface VersionedPath {
  readonly path: string
  readonly minor: number
  /** What the client asked for, when it asked. */
  readonly requested?: string
}

export function splitVersion(path: string): VersionedPath {
  const [, requested, rest] = prefix.exec(path) ?? []
  if (requested === undefined || rest === undefined) return { path, minor: apiVersion.maxMinor }
  const [major = 0, minor = 0, ...further] = requested.split('.').map(Number)
  if (major !== 1) return { path: rest, requested, minor: major < 1 ? 0 : Number.POSITIVE_INFINITY }
  // 1.51.2 is newer than 1.51 and older than 1.52.
  return { path: rest, requested, minor: further.some(part => part > 0) ? minor + 0.5 : minor }
}

/** Throws `invalid_argument` with Docker's text for a version that is not spoken here. */
export function checkVersion({ minor, requested }: VersionedPath): void {
  if (minor < apiVersion.minMinor) {
    throw new StrataError(
      'invalid_argument',
      `client version ${requested} is too old. Minimum supported API version is ${apiVersion.min}, please upgrade your client to a newer version`,
    )
  }
  if (minor > apiVersion.maxMinor) {
    throw new StrataError(
      'invalid_argument',
      `client version ${requested} is too new. Maximum supported API version is ${apiVersion.max}`,
    )
  }
}
