import type { Routes } from '../exchange.ts'
import { parseFilters } from '../filters.ts'
import { sendJson } from '../reply.ts'
import type { PluginsBackend } from './backend.ts'

const listFilters = ['capability', 'enabled']

export function pluginRoutes(backend: PluginsBackend): Routes {
  return {
    plain: {
      'GET /plugins': async ({ query, response }) =>
        sendJson(response, 200, await backend.list(parseFilters(query.text('filters'), listFilters))),
      'GET /plugins/{name}/json': async ({ params, response }) =>
        sendJson(response, 200, await backend.inspect(params.name!)),
    },
  }
}
