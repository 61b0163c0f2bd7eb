import type { Routes } from '../exchange.ts'
import { parseFilters } from '../filters.ts'
import { sendJson } from '../reply.ts'
import type { ImagesBackend } from './backend.ts'

const pruneFilters = ['dangling', 'label', 'label!', 'until']

/** Removing images that nobody needs. */
export function pruneRoutes(backend: ImagesBackend): NonNullable<Routes['plain']> {
  return {
    'POST /images/prune': async ({ query, response }) =>
      sendJson(response, 200, await backend.prune(parseFilters(query.text('filters'), pruneFilters))),
  }
}
