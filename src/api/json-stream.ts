import type { ServerResponse } from 'node:http'
import { writeAll } from './reply.ts'
import { describeError } from './status.ts'

/**
 * Messages as lines of JSON, each sent as it comes. The head of the answer goes out with the first one, so that an error
 * before it can still be an HTTP status.
 */
export class JsonStream {
  readonly #response: ServerResponse
  readonly #ending: string

  /** @param ending of a line: `\r\n` in progress streams, `\n` elsewhere, as in Docker. */
  constructor(response: ServerResponse, ending: '\n' | '\r\n') {
    this.#response = response
    this.#ending = ending
  }

  /** Sends the head now. */
  open(): void {
    if (this.#response.headersSent) return
    this.#response.writeHead(200, { 'Content-Type': 'application/json' })
    this.#response.flushHeaders()
  }

  /** Whether the client is slower than the messages come: what the next message replaces need not be sent then. */
  get congested(): boolean {
    return this.#response.writableNeedDrain
  }

  /** Sends one message without waiting for the client. */
  push(message: unknown): void {
    this.open()
    if (!this.#response.destroyed) this.#response.write(JSON.stringify(message) + this.#ending)
  }

  /** Sends all of them, no faster than the client takes them. */
  async pipe(messages: AsyncIterable<unknown>): Promise<void> {
    this.open()
    for await (const message of messages) {
      if (this.#response.destroyed) return
      await writeAll(this.#response, JSON.stringify(message) + this.#ending)
    }
  }

  /** Ends the stream; an error becomes its last message. */
  end(error?: unknown): void {
    if (error !== undefined) {
      const { message } = describeError(error)
      this.push({ errorDetail: { message }, error: message })
    }
    this.open()
    this.#response.end()
  }
}
