import createRouter, { type HTTPMethod } from 'find-my-way'
import { StrataError } from '../std/index.ts'
import { type Endpoint, endpoints } from './endpoints.ts'
import type { Handler, HijackHandler, Routes } from './exchange.ts'

/** What answers a request. */
export interface Match {
  readonly endpoint: Endpoint
  readonly params: Readonly<Record<string, string>>
  readonly handler: Handler | undefined
  readonly hijack: HijackHandler | undefined
}

/** Finds the endpoint of a request by method and path (without version). Undefined: not a path of Docker's API. */
export type Router = (method: string, path: string) => Match | undefined

/** Names may contain slashes, if only to be found nowhere: the part after the name is matched here, from the right. */
const slashed = /^((?:\/strata)?\/[a-z]+)\/\{(name|id)\}(.*)$/

interface Suffix {
  readonly endpoint: Endpoint
  /** What the name is called in the endpoint. */
  readonly parameter: string
  readonly suffix: string
}

/** A router over the whole table of endpoints. What no `routes` implement answers 501. */
export function buildRouter(routes: readonly Routes[]): Router {
  const plain = new Map<string, Handler>(routes.flatMap(room => Object.entries(room.plain)))
  const hijacking = new Map<string, HijackHandler>(routes.flatMap(room => Object.entries(room.hijacking ?? {})))
  const table = createRouter({ maxParamLength: 4096 })
  const suffixes = new Map<string, Suffix[]>()

  const matchOf = (endpoint: Endpoint, params: Readonly<Record<string, string>>): Match => {
    const hijack = hijacking.get(endpoint)
    return { endpoint, params, hijack, handler: plain.get(endpoint) ?? (hijack ? undefined : notImplemented(endpoint)) }
  }
  for (const endpoint of endpoints) {
    const [method = '', path = ''] = endpoint.split(' ')
    const [, family, parameter, suffix] = slashed.exec(path) ?? []
    if (family !== undefined && parameter !== undefined && suffix !== undefined) {
      const key = `${method} ${family}`
      suffixes.set(key, [...(suffixes.get(key) ?? []), { parameter, suffix, endpoint }])
    } else {
      table.on(method as HTTPMethod, path.replaceAll(/\{(\w+)\}/g, ':$1'), () => {}, { endpoint })
    }
  }
  for (const [key, family] of suffixes) {
    const [method = '', path = ''] = key.split(' ')
    family.sort((a, b) => b.suffix.length - a.suffix.length)
    table.on(method as HTTPMethod, `${path}/*`, () => {}, { family })
  }

  return (method, path) => {
    const found = table.find(method as HTTPMethod, path)
    if (!found) return undefined
    const store = found.store as { endpoint: Endpoint } | { family: Suffix[] }
    const params = found.params as Record<string, string>
    if ('endpoint' in store) return matchOf(store.endpoint, params)
    const rest = params['*'] ?? ''
    const bySuffix = store.family.find(({ suffix }) => rest.endsWith(suffix))
    if (!bySuffix) return undefined
    const { endpoint, parameter, suffix } = bySuffix
    return matchOf(endpoint, { [parameter]: rest.slice(0, rest.length - suffix.length) })
  }
}

function notImplemented(endpoint: Endpoint): Handler {
  return async () => {
    throw new StrataError('not_implemented', `${endpoint} is not implemented yet`)
  }
}
