import { string, struct } from '../../gojson/index.ts'
import { StrataError } from '../../std/index.ts'
import type { Exchange, Routes } from '../exchange.ts'
import { parseFilters } from '../filters.ts'
import { credentialsOf } from '../images/progress-stream.ts'
import { readAnyJson } from '../json-body.ts'
import { credentialsIn } from '../registry-auth.ts'
import { sendJson } from '../reply.ts'
import type { RegistryBackend } from './backend.ts'

const searchFilters = ['is-automated', 'is-official', 'stars']

const authConfig = struct('registry.AuthConfig', {
  username: string,
  password: string,
  auth: string,
  serveraddress: string,
  identitytoken: string,
  registrytoken: string,
})

export function registryRoutes(backend: RegistryBackend): Routes {
  return {
    plain: {
      'POST /auth': async exchange => {
        const { signal, response } = exchange
        const config = await readAnyJson(exchange, authConfig)
        const credentials = credentialsIn(config)
        const result = await backend.login({
          server: config.serveraddress,
          signal,
          ...(credentials && { credentials }),
        })
        sendJson(response, 200, result)
      },
      'GET /distribution/{name}/json': async exchange => {
        const { params, signal, response } = exchange
        const options = { signal, ...credentialsOf(exchange) }
        sendJson(response, 200, await backend.distribution(params.name ?? '', options))
      },
      'GET /images/search': async exchange => {
        const { query, signal, response } = exchange
        const options = { limit: limitOf(exchange), filters: parseFilters(query.text('filters'), searchFilters) }
        const found = await backend.search(query.text('term'), { ...options, signal, ...credentialsOf(exchange) })
        sendJson(response, 200, found)
      },
    },
  }
}

function limitOf({ query }: Exchange): number {
  try {
    const limit = query.integer('limit') ?? 0
    if (limit >= 0) return limit
  } catch (error) {
    throw new StrataError('invalid_argument', `invalid limit specified: ${(error as Error).message}`, { cause: error })
  }
  throw new StrataError('invalid_argument', 'invalid limit specified')
}
