import type { Descriptor } from '../oci/index.ts'
import { type Bytes, isStrataError, StrataError } from '../std/index.ts'
import { gathered } from './gathered.ts'
import type { HttpResponse } from './http-client.ts'
import type { RegistryClient, Repository, RepositoryRequest } from './registry.ts'
import type { RequestOptions } from './remotes.ts'

/** https://www.rfc-editor.org/rfc/rfc9110#section-15.5.17 */
const RANGE_REFUSED = 416

/**
 * The bytes of a blob from `offset` on: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-blobs.
 * A registry that doesn't do ranges sends everything, and one that has other ones than it was asked for is asked for
 * everything; what was there already is dropped then. The stream fails with `unavailable` when it ends early, and never
 * hands on more than the descriptor says.
 */
export async function fetchBlob(
  registry: RegistryClient,
  wanted: { readonly repository: Repository; readonly descriptor: Descriptor; readonly offset: number },
  options: RequestOptions,
): Promise<Bytes> {
  const { repository, descriptor, offset } = wanted
  const ask = (from: number) =>
    open(registry, repository, {
      ...options,
      resource: `blobs/${descriptor.digest}`,
      headers: { 'accept-encoding': 'identity', ...(from > 0 && { range: `bytes=${from}-` }) },
    })
  /** The answer to a request for what is missing; undefined when the registry has other bytes for it. */
  const rest = async () => {
    try {
      const response = await ask(offset)
      if (begins(response, offset)) return response
      await response.discard()
    } catch (error) {
      if (!isStrataError(error) || error.details.status !== RANGE_REFUSED) throw error
    }
    return undefined
  }
  const response = (offset > 0 ? await rest() : undefined) ?? (await ask(0))
  try {
    if (!begins(response, offset)) throw otherPart(response)
    const start = startOf(response)
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

/** Whether the body has the blob's bytes from `offset` on. */
function begins(response: HttpResponse, offset: number): boolean {
  return (response.status === 200 || response.status === 206) && startOf(response) <= offset
}

/** Where in the blob the body begins; infinity when the answer doesn't say. */
function startOf({ status, headers }: HttpResponse): number {
  if (status === 200) return 0
  const range = /^bytes (\d+)-\d+\/(?:\d+|\*)$/.exec(String(headers['content-range'] ?? ''))
  return range ? Number(range[1]) : Number.POSITIVE_INFINITY
}

function otherPart({ status }: HttpResponse): StrataError {
  return new StrataError('unavailable', 'the registry answered a request for a blob with something else', {
    details: { status, reason: 'range' },
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
