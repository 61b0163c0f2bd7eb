import type { Digest, ImageConfig } from '../../oci/index.ts'
import type { Reference } from '../../reference/index.ts'
import type { LayoutManifest } from './layout.ts'

/** An image that the documents of an archive tell of; whether its layers are there is another question. */
export interface Candidate {
  readonly id: Digest
  readonly configBytes: Uint8Array
  readonly imageConfig: ImageConfig
  /** Lowest first, one for each diffID of the config: where it lies in the archive. */
  readonly layers: readonly string[]
  readonly references: readonly Reference[]
  readonly parent?: Digest
  /** The manifest that a registry would serve. */
  readonly manifest?: LayoutManifest
}
