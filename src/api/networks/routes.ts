import { parseBool, StrataError } from '../../std/index.ts'
import type { Exchange, Routes } from '../exchange.ts'
import { parseFilters } from '../filters.ts'
import { sendJson } from '../reply.ts'
import type { NetworksBackend } from './backend.ts'

const pruneFilters = ['label', 'label!', 'until']
const listFilters = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type']

export function networkRoutes(backend: NetworksBackend): Routes {
  const list = async ({ query, minor, response }: Exchange) => {
    const filters = parseFilters(query.text('filters'), listFilters)
    sendJson(response, 200, await backend.list({ filters, detailed: minor < 28 }))
  }
  return {
    plain: {
      'GET /networks': list,
      'GET /networks/': list,
      'POST /networks/prune': async ({ query, response }) =>
        sendJson(response, 200, await backend.prune(parseFilters(query.text('filters'), pruneFilters))),
      'GET /networks/{id}': async ({ params, query, response }) => {
        checkBool('verbose', query.text('verbose'))
        const scope = query.optional('scope')
        sendJson(response, 200, await backend.inspect(params.id!, scope === undefined ? {} : { scope }))
      },
    },
  }
}

/** Refuses what Go's `strconv.ParseBool` refuses. Nothing of a network that is not a swarm's is more verbose than the rest. */
function checkBool(name: string, text: string): void {
  if (text === '' || parseBool(text) !== undefined) return
  throw new StrataError(
    'invalid_argument',
    `invalid value for ${name}: ${text}: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`,
  )
}
