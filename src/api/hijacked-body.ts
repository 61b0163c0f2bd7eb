import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import { type Bytes, StrataError } from '../std/index.ts'

/**
 * The body of a request whose connection has left Node's HTTP parser, and after it whatever the client sent on.
 * Bodies here are small (JSON) and delimited by Content-Length or by chunks (RFC 9112, 6.3 and 7.1).
 */
export class HijackedBody {
  readonly #socket: Socket
  readonly #headers: IncomingHttpHeaders
  #buffered: Buffer

  constructor(socket: Socket, headers: IncomingHttpHeaders, head: Uint8Array) {
    this.#socket = socket
    this.#headers = headers
    this.#buffered = Buffer.from(head)
  }

  /** The bytes of the body, and no more than these are taken off the connection. Call once. */
  async *bytes(): Bytes {
    if (/(?:^|,)\s*chunked\s*$/i.test(this.#headers['transfer-encoding'] ?? '')) {
      yield* this.#chunks()
      return
    }
    let left = Number(this.#headers['content-length'] ?? 0)
    while (left > 0) {
      await this.#fill(1)
      const part = this.#take(Math.min(left, this.#buffered.byteLength))
      left -= part.byteLength
      yield part
    }
  }

  /** What came after the body so far. */
  rest(): Buffer {
    return this.#take(this.#buffered.byteLength)
  }

  async *#chunks(): Bytes {
    for (;;) {
      const line = await this.#line()
      const size = /^[0-9a-f]{1,8}(?=;|$)/i.exec(line)?.[0]
      if (size === undefined) throw new StrataError('invalid_argument', 'malformed chunked encoding')
      const length = Number.parseInt(size, 16)
      if (length === 0) break
      let left = length
      while (left > 0) {
        await this.#fill(1)
        const part = this.#take(Math.min(left, this.#buffered.byteLength))
        left -= part.byteLength
        yield part
      }
      await this.#line()
    }
    // Trailers, up to the empty line.
    while ((await this.#line()) !== '');
  }

  async #line(): Promise<string> {
    let end = this.#buffered.indexOf('\n')
    while (end < 0) {
      if (this.#buffered.byteLength > 4096) throw new StrataError('invalid_argument', 'malformed chunked encoding')
      await this.#fill(this.#buffered.byteLength + 1)
      end = this.#buffered.indexOf('\n')
    }
    return this.#take(end + 1)
      .toString('latin1')
      .trimEnd()
  }

  #take(length: number): Buffer {
    const taken = this.#buffered.subarray(0, length)
    this.#buffered = this.#buffered.subarray(length)
    return taken
  }

  /** Waits until so many bytes are buffered. */
  async #fill(length: number): Promise<void> {
    while (this.#buffered.byteLength < length) {
      const chunk = await nextChunk(this.#socket)
      if (!chunk) throw new StrataError('invalid_argument', 'unexpected EOF')
      this.#buffered = Buffer.concat([this.#buffered, chunk])
    }
  }
}

/** The next bytes of a paused socket; undefined at its end. Leaves it paused. */
function nextChunk(socket: Socket): Promise<Buffer | undefined> {
  return new Promise(resolve => {
    const done = (chunk?: Buffer) => {
      socket.pause()
      socket.off('data', done).off('end', ended).off('close', ended)
      resolve(chunk)
    }
    const ended = () => done()
    if (socket.destroyed || socket.readableEnded) {
      resolve(undefined)
      return
    }
    socket.on('data', done).on('end', ended).on('close', ended)
    socket.resume()
  })
}
