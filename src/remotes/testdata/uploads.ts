import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Digest, digestOf } from '../../oci/index.ts'

/** What can go wrong with what is sent to a registry. */
export interface UploadFaults {
  /** The connection is destroyed after these many further bytes, `cuts` times. */
  cutAfter: number
  cuts: number
  /** A connection that is cut takes the upload with it. */
  forgetful: boolean
  /** Answers that a stream of bytes gets before it is read, in this order; 0: none. */
  answers: number[]
  /** How many bytes of a stream are kept, in this order; the rest is read and dropped, as the answer says. */
  takes: number[]
  /** What the registry says that it has stored. */
  storedAs: Digest | undefined
}

const refusals: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { 'www-authenticate': 'Bearer realm="/token"' },
  429: { 'retry-after': '0' },
}

/** Uploads of a test registry: distribution-spec, "Pushing a blob in chunks". */
export class Uploads {
  readonly faults: UploadFaults = { cutAfter: 0, cuts: 0, forgetful: false, answers: [], takes: [], storedAs: undefined }
  /** Bytes that came in bodies, all together. */
  received = 0
  readonly #parts = new Map<string, Buffer>()
  readonly #stored: (bytes: Buffer) => void

  constructor(stored: (bytes: Buffer) => void) {
    this.#stored = stored
  }

  /** Uploads that are under way. */
  get open(): number {
    return this.#parts.size
  }

  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    { repository, id, digest }: { readonly repository: string; readonly id: string; readonly digest: string | null },
  ): Promise<void> {
    const said = (status: number, upload: string) => {
      const size = this.#parts.get(upload)?.byteLength ?? 0
      const location = `/v2/${repository}/blobs/uploads/${upload}`
      response.writeHead(status, { location, range: `0-${Math.max(0, size - 1)}` }).end()
    }
    if (request.method === 'POST') {
      const upload = randomUUID()
      this.#parts.set(upload, Buffer.alloc(0))
      return said(202, upload)
    }
    if (!this.#parts.has(id)) return refuse(response, 404, 'BLOB_UPLOAD_UNKNOWN')
    if (request.method === 'GET') return said(204, id)
    if (request.method === 'DELETE') {
      this.#parts.delete(id)
      response.writeHead(204).end()
      return
    }
    const status = this.faults.answers.shift() ?? 0
    if (status !== 0) {
      if (status === 404) this.#parts.delete(id)
      return refuse(response, status, status === 401 ? 'UNAUTHORIZED' : 'UNKNOWN', refusals[status])
    }
    if (!(await this.#take(request, id))) return
    if (request.method === 'PATCH') return said(202, id)
    const bytes = this.#parts.get(id)!
    if (digestOf(bytes) !== digest) return refuse(response, 400, 'DIGEST_INVALID')
    this.#parts.delete(id)
    this.#stored(bytes)
    response.writeHead(201, { 'docker-content-digest': this.faults.storedAs ?? digest }).end()
  }

  /** False when the connection was cut on the way. */
  async #take(request: IncomingMessage, id: string): Promise<boolean> {
    const { faults } = this
    const most = request.method === 'PATCH' ? faults.takes.shift() : undefined
    let left = faults.cuts > 0 ? faults.cutAfter : (most ?? Number.POSITIVE_INFINITY)
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        const kept = chunk.subarray(0, left)
        left -= kept.byteLength
        this.received += kept.byteLength
        this.#parts.set(id, Buffer.concat([this.#parts.get(id)!, kept]))
        if (left > 0 || most !== undefined) continue
        faults.cuts--
        if (faults.forgetful) this.#parts.delete(id)
        request.socket.destroy()
        return false
      }
      return true
    } catch {
      return false
    }
  }
}

function refuse(response: ServerResponse, status: number, code: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ errors: [{ code, message: 'it was made so' }] }))
}
