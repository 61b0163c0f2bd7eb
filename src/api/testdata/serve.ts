import { mkdtemp, rm } from 'node:fs/promises'
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { silentLogger } from '../../std/index.ts'
import { createApiServer } from '../api.ts'
import { fakeBackends } from './fake-backends.ts'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Asked {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Served {
  readonly path: string
  /** A whole exchange. */
  ask(method: string, url: string, asked?: Asked): Promise<Answer>
  /** A POST of JSON. */
  post(url: string, body: unknown): Promise<Answer>
  /** A connection in the hands of the test; half-open, as Docker's. */
  dial(): Promise<Dialed>
  close(grace?: number): Promise<void>
}

export interface Dialed {
  readonly socket: Socket
  /** Everything received so far, once it contains `text`; rejects when the connection closes without it. */
  until(text: string): Promise<string>
  /** Everything, once the server has ended its side. */
  all(): Promise<Buffer>
}

/** A temporary folder that goes with the test. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'strata-api-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A real server over fake backends on a unix socket, gone after the test. */
export async function serve(t: TestContext, overrides: Parameters<typeof fakeBackends>[0] = {}): Promise<Served> {
  const path = join(await temporaryFolder(t), 'api.sock')
  const server = createApiServer({ backends: fakeBackends(overrides), log: silentLogger, version: '0.1.0' })
  await server.listen({ path })
  const close = (grace = 1) => server.close(grace)
  t.after(() => close())
  const ask = (method: string, url: string, asked: Asked = {}) => exchange(path, { method, url, ...asked })
  return {
    path,
    ask,
    post: (url, body) =>
      ask('POST', url, { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    dial: () => dial(path),
    close,
  }
}

function exchange(socketPath: string, asked: Asked & { method: string; url: string }): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const { method, url, headers = {}, body } = asked
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  const sent = request({ socketPath, method, path: url, headers: { ...headers, ...length }, agent: false }, response => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('error', reject)
    response.on('end', () => {
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: Buffer.concat(chunks).toString('latin1'),
      })
    })
  })
  sent.on('error', reject)
  sent.end(body)
  return promise
}

async function dial(path: string): Promise<Dialed> {
  const socket = connect({ path, allowHalfOpen: true })
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject)
  })
  const chunks: Buffer[] = []
  const watchers = new Set<() => void>()
  const notice = () => {
    for (const watcher of watchers) watcher()
  }
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    notice()
  })
  socket.on('end', notice).on('close', notice).on('error', notice)
  const when = <T>(look: () => T | undefined) =>
    new Promise<T>((resolve, reject) => {
      const watcher = () => {
        const seen = look()
        if (seen !== undefined) resolve(seen)
        else if (socket.readableEnded || socket.destroyed) reject(new Error(`ended: ${Buffer.concat(chunks)}`))
        else return
        watchers.delete(watcher)
      }
      watchers.add(watcher)
      watcher()
    })
  return {
    socket,
    until: text =>
      when(() => {
        const received = Buffer.concat(chunks).toString('latin1')
        return received.includes(text) ? received : undefined
      }),
    all: () => when(() => (socket.readableEnded ? Buffer.concat(chunks) : undefined)),
  }
}

/** The head of a POST as Docker's clients write it, with its body. */
export function rawPost(url: string, options: { upgrade?: boolean; body?: string } = {}): string {
  const { upgrade = true, body = '' } = options
  const headers = [
    `POST ${url} HTTP/1.1`,
    'Host: docker',
    ...(upgrade ? ['Connection: Upgrade', 'Upgrade: tcp'] : []),
    ...(body ? ['Content-Type: application/json'] : []),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  return `${headers.join('\r\n')}\r\n\r\n${body}`
}
