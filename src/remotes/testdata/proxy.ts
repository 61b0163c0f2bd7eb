/** A proxy for tests: tunnels (CONNECT) and requests with whole URLs, to where `routes` says. */
import { createServer, STATUS_CODES, request as send } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export interface TestProxy extends AsyncDisposable {
  /** `127.0.0.1:3128` */
  readonly host: string
  /** `CONNECT r.example:443`, `GET http://r.example/v2/`, and the credentials that came with it. */
  readonly seen: { readonly what: string; readonly authorization: string | undefined }[]
}

/** `routes`: `host:port` as clients ask for it -> where it is; what is not among them is refused with 403. `user`: `name:password`. */
export async function startProxy(options: {
  readonly routes: Readonly<Record<string, string>>
  readonly user?: string
}): Promise<TestProxy> {
  const seen: { what: string; authorization: string | undefined }[] = []
  const wanted = options.user && `Basic ${Buffer.from(options.user).toString('base64')}`
  const refusal = (host: string, authorization: string | undefined) =>
    wanted && authorization !== wanted ? 407 : options.routes[host] ? undefined : 403
  const server = createServer((request, response) => {
    const authorization = request.headers['proxy-authorization']
    seen.push({ what: `${request.method} ${request.url}`, authorization })
    const url = URL.parse(request.url ?? '')
    const host = url ? `${url.hostname}:${url.port || '80'}` : ''
    const refused = refusal(host, authorization)
    if (!url || refused) return void response.writeHead(refused ?? 400).end('no')
    const { 'proxy-authorization': _, ...headers } = request.headers
    const target = `http://${options.routes[host]}${url.pathname}${url.search}`
    const onwards = send(target, { method: request.method, headers }, answer => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
    onwards.on('error', () => response.destroy())
    request.pipe(onwards)
  })
  server.on('connect', (request, socket) => {
    const authorization = request.headers['proxy-authorization']
    seen.push({ what: `CONNECT ${request.url}`, authorization })
    const refused = refusal(request.url ?? '', authorization)
    if (refused) return void socket.end(`HTTP/1.1 ${refused} ${STATUS_CODES[refused]}\r\n\r\n`)
    const [host, port] = options.routes[request.url!]!.split(':')
    const target = connect(Number(port), host)
    target.once('connect', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(target).pipe(socket)
    })
    for (const each of [socket, target]) {
      each.on('error', () => {
        socket.destroy()
        target.destroy()
      })
      each.on('close', () => {
        socket.destroy()
        target.destroy()
      })
    }
  })
  // Tunnels are no connections of the server's any more.
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
