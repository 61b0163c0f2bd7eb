/**
 * Docker's Engine API over HTTP: a face, with no state of its own, of the backends that it is given.
 *
 * - An *endpoint* is a method and a path of Docker's table (`endpoints.ts`). A *router* implements some of them over the
 *   narrow *backend* that it declares (`<router>/backend.ts`); what no router implements answers 501 and says so.
 * - A *call* is one request for an endpoint. An *exchange* is a call that gets an ordinary answer. A *hijacking* call
 *   takes its connection over (attach, exec): HTTP ends, and the process's stdio begins.
 * - What is behind the door can trust what comes through it: versions, paths, queries, filters and bodies are checked
 *   here, with Docker's texts, and the types of `apitypes` hold.
 *
 * The way of a request: `dispatch` splits off the version, `router` finds the endpoint, its handler reads query and body,
 * calls the backend with a signal that is aborted when the client goes away, and answers; `status` translates errors.
 * Reference: https://docs.docker.com/reference/api/engine/version/v1.51/
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Logger, StrataError } from '../std/index.ts'
import type { ContainersBackend } from './containers/backend.ts'
import { containerRoutes } from './containers/routes.ts'
import { type Door, dispatch, dispatchHijack } from './dispatch.ts'
import type { ExecBackend } from './exec/backend.ts'
import { execRoutes } from './exec/routes.ts'
import { HijackableMessage } from './hijackable-message.ts'
import type { ImagesBackend } from './images/backend.ts'
import { imageRoutes } from './images/routes.ts'
import { type Address, listenOn } from './listen.ts'
import type { NetworksBackend } from './networks/backend.ts'
import { networkRoutes } from './networks/routes.ts'
import type { PluginsBackend } from './plugins/backend.ts'
import { pluginRoutes } from './plugins/routes.ts'
import type { RegistryBackend } from './registry/backend.ts'
import { registryRoutes } from './registry/routes.ts'
import { buildRouter } from './router.ts'
import { swarmRoutes } from './swarm/routes.ts'
import type { SystemBackend } from './system/backend.ts'
import { systemRoutes } from './system/routes.ts'
import type { VolumesBackend } from './volumes/backend.ts'
import { volumeRoutes } from './volumes/routes.ts'

/** What the API is a face of, one backend a router. */
export interface Backends {
  readonly containers: ContainersBackend
  readonly exec: ExecBackend
  readonly images: ImagesBackend
  readonly networks: NetworksBackend
  readonly plugins: PluginsBackend
  readonly registry: RegistryBackend
  readonly system: SystemBackend
  readonly volumes: VolumesBackend
}

export interface ApiServerOptions {
  readonly backends: Backends
  readonly log: Logger
  /** Our version, for the `Server` header. */
  readonly version: string
}

/**
 * The Docker Engine API over HTTP: `listen` as often as there are addresses, then `close` once.
 */
export interface ApiServer {
  /** Resolves when connections are taken. Throws `conflict` when somebody else listens there. */
  listen(address: Address): Promise<void>
  /**
   * Takes no more connections, tells everything that streams to end, and resolves when all connections are closed; what
   * is not by then is cut after `grace` milliseconds (5000).
   */
  close(grace?: number): Promise<void>
}

/**
 * Bytes that may wait in each direction of a connection: with Node's 64 KiB, which is what one read brings, an archive
 * would be stopped and let go on after every read.
 */
const BUFFERED_BYTES = 256 * 1024
/** Of a request's headers and URL, as in dockerd: a save of a thousand images names them all in its URL. */
const HEADER_BYTES = 1024 * 1024

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { backends, log } = options
  let closed = false
  const active = new Set<AbortController>()
  const door: Door = {
    log,
    active,
    server: `Strata/${options.version} (linux)`,
    route: buildRouter([
      systemRoutes(backends.system),
      imageRoutes(backends.images),
      containerRoutes(backends.containers),
      execRoutes(backends.exec),
      networkRoutes(backends.networks),
      volumeRoutes(backends.volumes),
      pluginRoutes(backends.plugins),
      registryRoutes(backends.registry),
      swarmRoutes(),
    ]),
  }
  const servers = new Set<Server>()
  const sockets = new Set<Socket>()

  return {
    async listen(address) {
      if (closed) throw new StrataError('failed_precondition', 'the server is closed')
      const server = createServer({
        IncomingMessage: HijackableMessage,
        keepAliveTimeout: 65_000,
        requestTimeout: 0,
        highWaterMark: BUFFERED_BYTES,
        maxHeaderSize: HEADER_BYTES,
      })
      server.on('connection', socket => {
        sockets.add(socket)
        socket.once('close', () => sockets.delete(socket))
      })
      server.on('request', (request: IncomingMessage, response: ServerResponse) => {
        // A connection that is kept alive after the server was closed would hold it up.
        response.once('close', () => closed && setImmediate(() => server.closeIdleConnections()))
        void dispatch(door, request, response)
      })
      server.on('upgrade', (request: IncomingMessage, socket, head) => {
        void dispatchHijack(door, request, socket as Socket, head)
      })
      await listenOn(server, address)
      // That one connection could not be taken is no reason to end.
      server.on('error', error => log.error({ err: error, address }, 'taking a connection'))
      servers.add(server)
      log.info({ address }, 'API listens')
    },
    async close(grace = 5000) {
      closed = true
      const ended = [...servers].map(server => new Promise(resolve => server.close(resolve)))
      const reason = new StrataError('unavailable', 'the engine is shutting down')
      for (const controller of active) controller.abort(reason)
      for (const server of servers) server.closeIdleConnections()
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.destroy()
      }, grace)
      await Promise.all(ended)
      clearTimeout(cut)
    },
  }
}
