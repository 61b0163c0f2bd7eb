/**
 * The registry client: OCI distribution-spec v1.1 as registries speak it, with Docker's token protocol.
 *
 * A *resolver* turns a reference into a descriptor and hands out *fetchers* of a repository. Every request carries the
 * credentials of its own registry only; URLs in errors are redacted.
 */
import type { Descriptor } from '../oci/index.ts'
import type { Reference } from '../reference/index.ts'
import type { Bytes } from '../std/index.ts'

export interface Resolver {
  /** Throws `not_found` ("manifest unknown"), `unauthorized`, `unavailable`, each with Docker's text. Manifests over 4 MiB are refused. */
  resolve(reference: Reference, options: RequestOptions): Promise<ResolvedManifest>
  fetcher(reference: Reference, options: RequestOptions): Fetcher
}

export interface ResolvedManifest {
  readonly descriptor: Descriptor
  /** The manifest's exact bytes, verified against the descriptor. */
  readonly bytes: Uint8Array
}

export interface Fetcher {
  /** A manifest by digest, verified. */
  manifest(descriptor: Descriptor): Promise<Uint8Array>
  /** A blob from `offset` on, as it comes off the wire: the caller verifies. Throws at a broken connection; ask again from where you are. */
  blob(descriptor: Descriptor, offset: number): Promise<Bytes>
  /** Say when a blob's bytes were other ones than were asked for. True: they were a mirror's, which is asked no more; start again. */
  refuse(descriptor: Descriptor): boolean
}

export interface Credentials {
  readonly username?: string
  readonly password?: string
  readonly identityToken?: string
  readonly registryToken?: string
}

export interface RequestOptions {
  readonly credentials?: Credentials
  readonly signal: AbortSignal
}
