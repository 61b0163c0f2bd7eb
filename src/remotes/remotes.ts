/**
 * The registry client: OCI distribution-spec v1.1 as registries speak it, with Docker's token protocol.
 *
 * A *resolver* turns a reference into a descriptor and hands out *fetchers* and *pushers* of a repository. An *upload* is
 * a blob on its way up: the registry keeps what it has got, so that a broken connection costs only what was under way.
 * Every request carries the credentials of its own registry only; URLs in errors are redacted.
 */
import type { Descriptor, Digest } from '../oci/index.ts'
import type { Reference } from '../reference/index.ts'
import type { Bytes } from '../std/index.ts'
import type { RegistryDirectoryOptions } from './endpoint.ts'

export interface Resolver extends FileSource {
  /** Throws `not_found` ("manifest unknown"), `unauthorized`, `unavailable`, each with Docker's text. Manifests over 4 MiB are refused. */
  resolve(reference: Reference, options: RequestOptions): Promise<ResolvedManifest>
  /** As `resolve`, in the registry's own words. */
  lookUp(reference: Reference, options: RequestOptions): Promise<ResolvedManifest>
  /** All tags of a repository, in the registry's order. Throws as `resolve` does. */
  tags(repository: Reference, options: RequestOptions): Promise<readonly string[]>
  fetcher(reference: Reference, options: RequestOptions): Fetcher
  pusher(repository: RepositoryName, options: RequestOptions): Pusher
  /** From now on these settings count, instead of all earlier ones. Throws `invalid_argument`, with nothing changed. */
  configure(settings: RegistryDirectoryOptions): void
  /** Tries credentials at a registry; see {@link login}. */
  login(options: RequestOptions & { readonly domain: string }): Promise<{ readonly identityToken?: string }>
  /** See {@link search}. */
  search(wanted: Search): Promise<FoundRepository[]>
}

/** Files by HTTP that are of no registry: the way there (proxies, certificates) is that of registries. */
export interface FileSource {
  /** Begins to read a file. Throws `invalid_argument` with Docker's text when the server has another answer than that. */
  download(url: URL, options: { readonly signal: AbortSignal }): Promise<DownloadedFile>
}

export interface DownloadedFile {
  /** Bytes of it, when the server says so. */
  readonly size?: number
  readonly bytes: Bytes
}

/** A reference without what it names in the repository. */
export type RepositoryName = Pick<Reference, 'domain' | 'path'>

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

export interface Pusher {
  /** Asks whether the registry is there. Throws `unavailable` with Docker's text. */
  ping(): Promise<void>
  /** Whether the repository has the blob; false as well when the registry doesn't tell. */
  has(digest: Digest): Promise<boolean>
  /**
   * Takes a blob over from another repository of the same registry, without its bytes; false when the registry won't.
   * https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#mounting-a-blob-from-another-repository
   */
  mount(digest: Digest, from: RepositoryName): Promise<boolean>
  /** Begins to bring a blob. */
  begin(): Promise<Upload>
  /** Brings a small blob that is in memory, unless it is there. */
  blob(bytes: Uint8Array): Promise<void>
  /** Sets what `name`, a tag or the manifest's digest, leads to. Throws `failed_precondition` when the registry took other bytes. */
  manifest(name: string, descriptor: Pick<Descriptor, 'mediaType' | 'digest'>, bytes: Uint8Array): Promise<void>
}

/**
 * A blob on its way up: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pushing-a-blob-in-chunks.
 * After a failure of `send` or `commit`, `recover` says where to go on.
 */
export interface Upload {
  /** Bytes that the registry has, as far as is known. */
  readonly offset: number
  /** Sends bytes from `offset` on, as a stream: they are read once. */
  send(bytes: Bytes): Promise<void>
  /** Asks how many bytes the registry has. Throws `not_found` when it has forgotten the upload. */
  recover(): Promise<void>
  /** Ends it. Throws `failed_precondition` when the registry took other bytes. */
  commit(digest: Digest): Promise<void>
  /** Tells the registry to forget it. Never throws. */
  cancel(): Promise<void>
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

/** A repository that a registry found. */
export interface FoundRepository {
  readonly name: string
  readonly description: string
  readonly stars: number
  readonly official: boolean
}

export interface Search extends RequestOptions {
  /** As typed; a first component that is a host says which registry is searched: `registry.example:5000/debian`. */
  readonly term: string
  /** 1 to 100; 0: 25. */
  readonly limit: number
}
