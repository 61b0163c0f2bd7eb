/**
 * Image names, as users type them and as Strata keeps them.
 *
 * A *reference* is a *repository* (domain and path) with a *tag*, a *digest*, both or neither. Users type the *familiar*
 * form (`debian`, `me/app:1`); everything inside works on the *normalised* one (`docker.io/library/debian`).
 * Grammar: https://github.com/distribution/reference
 */
import type { Digest } from '../oci/index.ts'

export interface Reference {
  /** Host with an optional port: `docker.io`, `127.0.0.1:5000`, `[::1]:5000`. */
  readonly domain: string
  /** Repository on that host: `library/debian`. */
  readonly path: string
  readonly tag?: string
  readonly digest?: Digest
}
