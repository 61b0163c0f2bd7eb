/**
 * A registry for tests: distribution-spec over node:http, with switches for everything that can go wrong.
 * `intercept` sees each request first and may answer it itself; `blobs` and `manifests` may be changed at any moment.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Digest } from '../../oci/index.ts'
import { Uploads } from './uploads.ts'

export const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
export const MANIFEST_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'

export const digestOf = (bytes: Uint8Array | string): Digest =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly range: string | undefined
  readonly accept: string | undefined
  readonly userAgent: string | undefined
}

/** True: the interceptor has answered. */
export type Intercept = (request: IncomingMessage, response: ServerResponse, path: string) => boolean | Promise<boolean>

export interface BlobFault {
  /** The connection is destroyed after these many body bytes of each response, until `times` responses were cut. */
  cutAfter?: () => number
  times?: number
  /** Answers 200 with the whole blob whatever Range says. */
  ignoreRange?: boolean
  /** Sends these bytes instead of the blob. */
  bytes?: Buffer
  /** A pause in milliseconds before each chunk of 16 KiB. */
  slow?: number
  /** Held back after this many bytes until the returned promise settles. */
  gate?: { after: number; open: Promise<void> }
}

export class TestRegistry {
  readonly blobs = new Map<string, Buffer>()
  /** `repository:tag` and `repository@digest`. */
  readonly manifests = new Map<string, { mediaType: string; bytes: Buffer }>()
  readonly requests: SeenRequest[] = []
  /** Body bytes handed to the socket, by blob digest. */
  readonly sent = new Map<string, number>()
  readonly faults = new Map<string, BlobFault>()
  readonly uploads = new Uploads(bytes => void this.blob(bytes))
  intercept: Intercept | undefined
  #server: Server | undefined
  #scheme = 'http'

  get host(): string {
    return `127.0.0.1:${(this.#server!.address() as AddressInfo).port}`
  }

  get url(): string {
    return `${this.#scheme}://${this.host}`
  }

  /** `tls`: certificate and key, and what is asked of clients. `at`: a free port of the loopback when absent. */
  async start(tls?: ServerOptions, at: { readonly port?: number; readonly address?: string } = {}): Promise<this> {
    const answer = (request: IncomingMessage, response: ServerResponse) => {
      this.#answer(request, response).catch(() => response.destroy())
    }
    const server = tls ? createTlsServer(tls, answer) : createServer(answer)
    if (tls) this.#scheme = 'https'
    this.#server = server
    await new Promise<void>(resolve => server.listen(at.port ?? 0, at.address ?? '127.0.0.1', resolve))
    return this
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (!server) return
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }

  blob(bytes: Buffer): { digest: Digest; size: number } {
    const digest = digestOf(bytes)
    this.blobs.set(digest, bytes)
    return { digest, size: bytes.byteLength }
  }

  manifest(repository: string, tag: string | undefined, mediaType: string, content: object | Buffer) {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content))
    const digest = digestOf(bytes)
    this.manifests.set(`${repository}@${digest}`, { mediaType, bytes })
    if (tag !== undefined) this.manifests.set(`${repository}:${tag}`, { mediaType, bytes })
    return { mediaType, digest, size: bytes.byteLength }
  }

  requestsOf(part: string): SeenRequest[] {
    return this.requests.filter(seen => seen.path.includes(part))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(request.url ?? '/')
    this.requests.push({
      method: request.method ?? '',
      path,
      authorization: request.headers.authorization,
      range: request.headers.range,
      accept: request.headers.accept,
      userAgent: request.headers['user-agent'],
    })
    if (this.intercept && (await this.intercept(request, response, path))) return
    if (path === '/v2/' || path === '/v2') return sendJson(response, 200, {})
    const upload = /^\/v2\/(.+)\/blobs\/uploads\/([^/?]*)(?:\?(.*))?$/.exec(path)
    if (upload) {
      const [, repository = '', id = '', query] = upload
      const digest = new URLSearchParams(query).get('digest')
      return this.uploads.answer(request, response, { repository, id, digest })
    }
    const match = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path)
    if (!match) return sendError(response, 404, 'UNSUPPORTED', 'no such route')
    const [, repository, kind, name] = match as unknown as [string, string, string, string]
    if (kind === 'manifests' && request.method === 'PUT') await this.#takeManifest(request, response, `${repository}:${name}`)
    else if (kind === 'manifests') this.#sendManifest(request, response, `${repository}${name.includes(':') ? '@' : ':'}${name}`)
    else await this.#sendBlob(request, response, name)
  }

  #sendManifest(request: IncomingMessage, response: ServerResponse, key: string): void {
    const found = this.manifests.get(key)
    if (!found) return sendError(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown', { name: key })
    response.writeHead(200, {
      'content-type': found.mediaType,
      'content-length': found.bytes.byteLength,
      'docker-content-digest': digestOf(found.bytes),
    })
    response.end(request.method === 'HEAD' ? undefined : found.bytes)
  }

  async #takeManifest(request: IncomingMessage, response: ServerResponse, key: string): Promise<void> {
    const bytes = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>))
    this.manifests.set(key, { mediaType: request.headers['content-type'] ?? '', bytes })
    response.writeHead(201, { 'docker-content-digest': digestOf(bytes) }).end()
  }

  async #sendBlob(request: IncomingMessage, response: ServerResponse, digest: string): Promise<void> {
    const blob = this.blobs.get(digest)
    if (!blob) return sendError(response, 404, 'BLOB_UNKNOWN', 'blob unknown to registry')
    const fault = this.faults.get(digest) ?? {}
    const whole = fault.bytes ?? blob
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')
    const offset = range && !fault.ignoreRange ? Number(range[1]) : 0
    if (offset >= whole.byteLength && offset > 0) {
      response.writeHead(416, { 'content-range': `bytes */${whole.byteLength}` }).end()
      return
    }
    const body = whole.subarray(offset)
    response.writeHead(offset > 0 ? 206 : 200, {
      'content-type': 'application/octet-stream',
      'content-length': body.byteLength,
      ...(offset > 0 ? { 'content-range': `bytes ${offset}-${whole.byteLength - 1}/${whole.byteLength}` } : {}),
    })
    let limit = Number.POSITIVE_INFINITY
    if (fault.cutAfter && (fault.times ?? Number.POSITIVE_INFINITY) > 0) {
      if (fault.times !== undefined) fault.times--
      limit = fault.cutAfter()
    }
    let at = 0
    while (at < body.byteLength) {
      if (fault.slow) await sleep(fault.slow)
      if (fault.gate && offset + at >= fault.gate.after) await fault.gate.open
      const chunk = body.subarray(at, Math.min(at + 16_384, limit, gateEnd(fault, offset, at)))
      if (response.destroyed) return
      await new Promise<void>(resolve => {
        const done = () => {
          response.off('close', done)
          resolve()
        }
        response.once('close', done)
        response.write(chunk, done)
      })
      at += chunk.byteLength
      this.sent.set(digest, (this.sent.get(digest) ?? 0) + chunk.byteLength)
      if (at >= limit && at < body.byteLength) {
        response.socket?.end()
        response.destroy()
        return
      }
    }
    response.end()
  }
}

function gateEnd(fault: BlobFault, offset: number, at: number): number {
  const { gate } = fault
  return gate && offset + at < gate.after ? gate.after - offset : Number.POSITIVE_INFINITY
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

export function sendError(response: ServerResponse, status: number, code: string, message: string, detail?: unknown): void {
  sendJson(response, status, { errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }] })
}

/** A loopback port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

/** True when something accepts connections there. */
export function listens(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
