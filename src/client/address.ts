import { StrataError } from '../std/index.ts'
import type { Connection } from './client.ts'

/** Where an engine listens. */
export type Address = { readonly socketPath: string } | { readonly host: string; readonly port: number }

/**
 * The engine at `host`, written as in DOCKER_HOST: `unix:///run/strata.sock`, `tcp://127.0.0.1:2375`, `http://…`.
 * Connects to nothing yet. Throws `invalid_argument`.
 */
export function connectionTo(host: string): Connection {
  const path = /^unix:\/\/(.+)$/.exec(host)?.[1]
  if (path !== undefined) return { host, address: { socketPath: path } }
  if (!/^(?:tcp|http):\/\//.test(host)) throw wrong(host, 'expected unix:///path or tcp://host:port')
  let url: URL
  try {
    url = new URL(host.replace(/^http:/, 'tcp:'))
  } catch (error) {
    throw wrong(host, 'it is no address', error)
  }
  if (url.hostname === '' || !['', '/'].includes(url.pathname)) throw wrong(host, 'expected tcp://host:port')
  return { host, address: { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port || 2375) } }
}

function wrong(host: string, why: string, cause?: unknown): StrataError {
  return new StrataError('invalid_argument', `unable to parse docker host \`${host}\`: ${why}`, { cause })
}
