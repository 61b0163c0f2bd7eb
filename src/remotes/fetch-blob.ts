import type { Descriptor } from '../oci/index.ts'
import { type Bytes, isStrataError, StrataError } from '../std/index.ts'
import { gathered } from './gathered.ts'
import type { HttpResponse } from './http-client.ts'
import type { RegistryClient, Repository, RepositoryRequest } from './registry.ts'
import type { RequestOptions } from './remotes.ts'

/**
 * The bytes of a blob from `offset` on: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-blobs.
 * A registry that doesn't do ranges sends everything; what was there already is dropped then. The stream fails with
 * `unavailable` when it ends early, and never hands on more than the descriptor says.
 */
export async function fetchBlob(
  registry: RegistryClient,
  wanted: { readonly repository: Repository; readonly descriptor: Descriptor; readonly offset: number },
  options: RequestOptions,
): Promise<Bytes> {
  const { repository, descriptor, offset } = wanted
  const headers: Record<string, string> = { 'accept-encoding': 'identity' }
  if (offset > 0) headers.range = `bytes=${offset}-`
  const response = await open(registry, repository, { ...options, resource: `blobs/${descriptor.digest}`, headers })
  try {
    const start = startOf(response, offset)
    checkLength(response, descriptor, start)
    return gathered(exactly(response.body, { skip: offset - start, size: descriptor.size - offset, descriptor }))
  } catch (error) {
    await response.discard()
    throw error
  }
}

async function open(
  registry: RegistryClient,
  repository: Repository,
  request: RepositoryRequest,
): Promise<HttpResponse> {
  try {
    return await registry.request(repository, request)
  } catch (error) {
    if (!isStrataError(error, 'not_found')) throw error
    throw new StrataError('not_found', 'unknown blob', { cause: error, details: error.details })
  }
}

/** Where in the blob the body begins. */
function startOf(response: HttpResponse, offset: number): number {
  if (response.status === 200) return 0
  const range = /^bytes (\d+)-\d+\/(?:\d+|\*)$/.exec(String(response.headers['content-range'] ?? ''))
  if (response.status === 206 && range && Number(range[1]) === offset) return offset
  throw new StrataError('unavailable', `the registry answered a request for bytes ${offset}- with others`, {
    details: { status: response.status, reason: 'range' },
  })
}

function checkLength(response: HttpResponse, descriptor: Descriptor, start: number): void {
  const header = response.headers['content-length']
  if (typeof header !== 'string' || Number(header) === descriptor.size - start) return
  throw lengthDiffers(descriptor, start + Number(header))
}

function lengthDiffers(descriptor: Descriptor, actual: number | string): StrataError {
  return new StrataError(
    'failed_precondition',
    `content verification failed for digest ${descriptor.digest}: expected ${descriptor.size} bytes, the registry has ${actual}`,
    { details: { digest: descriptor.digest, expected: descriptor.size, actual } },
  )
}

async function* exactly(
  body: Bytes,
  expected: { readonly skip: number; readonly size: number; readonly descriptor: Descriptor },
): AsyncGenerator<Uint8Array> {
  let skip = expected.skip
  let left = expected.size
  for await (const chunk of body) {
    const fresh = skip === 0 ? chunk : chunk.subarray(Math.min(skip, chunk.byteLength))
    skip -= chunk.byteLength - fresh.byteLength
    left -= fresh.byteLength
    if (left < 0) throw lengthDiffers(expected.descriptor, 'more')
    if (fresh.byteLength > 0) yield fresh
  }
  if (left > 0) {
    throw new StrataError('unavailable', `blob ${expected.descriptor.digest}: unexpected EOF`, {
      details: { reason: 'EOF' },
    })
  }
}
