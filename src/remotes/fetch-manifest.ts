import { type Digest, digestOf, isDigest, MANIFEST_LIMIT, mediaTypes } from '../oci/index.ts'
import { collect, isStrataError, StrataError } from '../std/index.ts'
import { manifestType } from './manifest-type.ts'
import type { RegistryClient, Repository } from './registry.ts'
import type { RequestOptions, ResolvedManifest } from './remotes.ts'

const accept = [
  mediaTypes.ociManifest,
  mediaTypes.ociIndex,
  mediaTypes.dockerManifest,
  mediaTypes.dockerList,
  '*/*;q=0.1',
].join(', ')

export interface WantedManifest {
  readonly repository: Repository
  /** Tag or digest. */
  readonly name: string
  /** The reference as users know it, for messages. */
  readonly shown: string
}

/**
 * A manifest or an index by tag or digest, verified against the digest that was asked for and the one that the registry
 * names: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-manifests
 */
export async function fetchManifest(
  registry: RegistryClient,
  wanted: WantedManifest,
  options: RequestOptions,
): Promise<ResolvedManifest> {
  const { repository, name } = wanted
  const resource = `manifests/${name}`
  // Docker asks for the digest of a tag first.
  const shown = isDigest(name) ? {} : { shownMethod: 'HEAD' as const }
  const response = await registry.request(repository, { ...options, ...shown, resource, headers: { accept } })
  const length = Number(response.headers['content-length'] ?? 0)
  if (length > MANIFEST_LIMIT) {
    await response.discard()
    throw tooLarge(wanted.shown)
  }
  let bytes: Buffer
  try {
    bytes = await collect(response.body, MANIFEST_LIMIT)
  } catch (error) {
    throw isStrataError(error, 'invalid_argument') ? tooLarge(wanted.shown) : error
  }
  const digest = digestOf(bytes)
  for (const expected of [name, response.headers['docker-content-digest']]) {
    if (typeof expected === 'string' && isDigest(expected)) verify(digest, expected)
  }
  const mediaType = manifestType(single(response.headers['content-type']) ?? '', bytes, wanted.shown)
  return { descriptor: { mediaType, digest, size: bytes.byteLength }, bytes }
}

function verify(actual: Digest, expected: Digest): void {
  if (actual === expected) return
  throw new StrataError('failed_precondition', `manifest verification failed for digest ${expected}`, {
    details: { expected, actual },
  })
}

function tooLarge(shown: string): StrataError {
  return new StrataError('invalid_argument', `manifest of ${shown} is larger than 4 MiB`)
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
