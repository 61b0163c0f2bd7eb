import { STATUS_CODES } from 'node:http'
import { type Digest, isDigest } from '../oci/index.ts'
import { isStrataError, StrataError } from '../std/index.ts'
import type { HttpResponse } from './http-client.ts'
import type { RepositoryRequest } from './registry.ts'
import type { Upload } from './remotes.ts'

type Send = (request: Pick<RepositoryRequest, 'method' | 'resource' | 'headers' | 'body'>) => Promise<HttpResponse>

/** Begins an upload with requests that `send` makes; `patiently` repeats those that ask where it stands. */
export async function beginUpload(
  send: Send,
  patiently: (work: () => Promise<HttpResponse>) => Promise<HttpResponse>,
): Promise<Upload> {
  let address = await newUpload(send)
  let offset = 0
  const sendOn: Send = wanted =>
    send(wanted).catch((error: unknown) => {
      throw isStrataError(error) && error.details.status === 404 ? forgotten(error) : error
    })

  return {
    get offset() {
      return offset
    },
    async send(bytes) {
      let sent = 0
      let ended = false
      async function* counted() {
        for await (const chunk of bytes) {
          sent += chunk.byteLength
          yield chunk
        }
        ended = true
      }
      const headers = { 'content-type': 'application/octet-stream' }
      const response = await sendOn({ method: 'PATCH', resource: address, headers, body: counted() })
      await response.discard()
      address = addressOf(response)
      if (!ended) {
        throw new StrataError('unavailable', 'the registry answered before it had all of an upload', {
          details: { reason: 'early' },
        })
      }
      const kept = endOfRange(response)
      if (kept && kept !== offset + sent) {
        throw new StrataError(
          'unavailable',
          `the registry has ${kept} bytes of an upload instead of ${offset + sent}`,
          {
            details: { reason: 'range' },
          },
        )
      }
      offset += sent
    },
    async recover() {
      const response = await patiently(() => send({ method: 'GET', resource: address }))
      await response.discard()
      address = addressOf(response, undefined, address)
      offset = endOfRange(response) ?? 0
    },
    async commit(digest) {
      const resource = new URL(address)
      resource.searchParams.set('digest', digest)
      const response = await sendOn({ method: 'PUT', resource })
      await response.discard()
      verifyStored(response, digest)
    },
    async cancel() {
      try {
        const response = await send({ method: 'DELETE', resource: address })
        await response.discard()
      } catch {
        // Registries forget uploads by themselves too.
      }
    },
  }
}

/** Begins an upload, and returns its address; `digest` makes it the one that ends it. */
export async function newUpload(send: Send, digest?: Digest): Promise<URL> {
  const begun = await send({ method: 'POST', resource: 'blobs/uploads/' })
  await begun.discard()
  if (begun.status === 202) return addressOf(begun, digest)
  const text = `received unexpected HTTP status: ${begun.status} ${STATUS_CODES[begun.status] ?? ''}`.trimEnd()
  throw new StrataError('unavailable', text, { details: { status: begun.status, final: true } })
}

/** Whatever a registry says of an upload that is not there, Docker has these words for it. */
function forgotten(error: StrataError): StrataError {
  return new StrataError('not_found', 'blob upload unknown', { cause: error, details: error.details })
}

/**
 * Where an upload goes on, from an answer of the registry; `digest` makes it the address that ends it. Throws `unavailable`
 * when the answer doesn't say and there is no address from `before`.
 */
export function addressOf(response: HttpResponse, digest?: Digest, before?: URL): URL {
  const { location } = response.headers
  const url = typeof location === 'string' ? URL.parse(location, response.url.href) : (before ?? null)
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new StrataError('unavailable', 'the registry does not say where the upload goes on', {
      details: { status: response.status, final: true },
    })
  }
  if (digest !== undefined) url.searchParams.set('digest', digest)
  return url
}

/** How many bytes a registry has, by the header `Range: 0-<last>`; undefined when it doesn't say. `0-0` may be none. */
function endOfRange(response: HttpResponse): number | undefined {
  const range = /^(?:bytes=)?0-(\d+)$/.exec(String(response.headers.range ?? ''))
  if (!range) return undefined
  const last = Number(range[1])
  return last === 0 ? 0 : last + 1
}

/** Compares what a registry says that it has stored with what was sent. */
export function verifyStored(response: HttpResponse, digest: Digest): void {
  const said = response.headers['docker-content-digest']
  if (typeof said !== 'string' || !isDigest(said) || said === digest) return
  throw new StrataError('failed_precondition', `the registry stored ${said} instead of ${digest}`, {
    details: { expected: digest, actual: said },
  })
}
