import { type Digest, digestOf } from '../oci/index.ts'
import { isStrataError } from '../std/index.ts'
import type { HttpResponse } from './http-client.ts'
import { type RegistryClient, type RepositoryRequest, repositoryScope } from './registry.ts'
import type { Pusher, RepositoryName, RequestOptions } from './remotes.ts'
import { addressOf, beginUpload, newUpload, verifyStored } from './upload.ts'

export interface PusherContext {
  readonly repository: RepositoryName
  readonly request: RequestOptions
  /** Does work again that failed in a way that may pass. */
  readonly patiently: <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>
}

/** What {@link Pusher} promises, over the requests of one repository. */
export function createPusher(registry: RegistryClient, context: PusherContext): Pusher {
  const { repository, request } = context
  const { signal } = request
  const own = repositoryScope(repository, 'pull,push')

  function send(wanted: Pick<RepositoryRequest, 'method' | 'resource' | 'headers' | 'body' | 'scopes'>) {
    return registry.request(repository, { scopes: [own], ...wanted, ...request })
  }
  const patiently = <T>(work: () => Promise<T>) => context.patiently(work, signal)

  /** Small blobs that were brought or found. */
  const there = new Set<Digest>()

  async function has(digest: Digest): Promise<boolean> {
    try {
      const response = await patiently(() => send({ method: 'HEAD', resource: `blobs/${digest}` }))
      await response.discard()
      return response.status === 200
    } catch (error) {
      if (isInconclusive(error)) return false
      throw error
    }
  }

  return {
    async ping() {
      await patiently(() => registry.ping(repository, signal))
    },
    has,
    async mount(digest, from) {
      const resource = `blobs/uploads/?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from.path)}`
      try {
        const scopes = [own, repositoryScope(from, 'pull')]
        const response = await send({ method: 'POST', resource, scopes })
        await response.discard()
        if (response.status === 201) return true
        // An upload has begun instead.
        await forget(response)
        return false
      } catch (error) {
        if (isInconclusive(error)) return false
        throw error
      }
    },
    begin: () => beginUpload(send, patiently),
    async blob(bytes) {
      const digest = digestOf(bytes)
      if (there.has(digest)) return
      if (!(await has(digest))) {
        await patiently(async () => {
          const resource = await newUpload(send, digest)
          const headers = { 'content-type': 'application/octet-stream' }
          const stored = await send({ method: 'PUT', resource, headers, body: bytes })
          await stored.discard()
          verifyStored(stored, digest)
        })
      }
      there.add(digest)
    },
    async manifest(name, { mediaType, digest }, bytes) {
      const headers = { 'content-type': mediaType }
      const response = await patiently(() =>
        send({ method: 'PUT', resource: `manifests/${name}`, headers, body: bytes }),
      )
      await response.discard()
      verifyStored(response, digest)
    },
  }

  async function forget(response: HttpResponse): Promise<void> {
    try {
      const answer = await send({ method: 'DELETE', resource: addressOf(response) })
      await answer.discard()
    } catch (error) {
      if (isStrataError(error, 'canceled')) throw error
    }
  }
}

/** Whether a failure leaves open what a push needs to know: it goes the longer way then, and meets what lasts there. */
function isInconclusive(error: unknown): boolean {
  if (!isStrataError(error) || error.code === 'canceled') return false
  return typeof error.details.status === 'number' || error.code === 'unavailable'
}
