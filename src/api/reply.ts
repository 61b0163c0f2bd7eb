import type { ServerResponse } from 'node:http'

/** Answers with JSON and a line feed, as dockerd does. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`)
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': body.byteLength })
  response.end(body)
}

/** Answers with nothing but a status. */
export function sendEmpty(response: ServerResponse, status: number): void {
  const bodiless = status === 204 || status === 304
  response.writeHead(status, bodiless ? {} : { 'Content-Length': 0 })
  response.end()
}

/**
 * Writes, and waits while the client is slower than we are. Returns at once when it is gone. `sent` is called when the
 * chunk is with the kernel.
 */
export async function writeAll(
  response: ServerResponse,
  chunk: Uint8Array | string,
  sent: () => void = () => {},
): Promise<void> {
  if (response.destroyed || response.write(chunk, sent)) return
  await new Promise<void>(resolve => {
    const done = () => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })
}
