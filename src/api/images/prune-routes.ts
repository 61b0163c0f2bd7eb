import type { Routes } from '../exchange.ts'
import { parseFilters } from '../filters.ts'
import { sendJson } from '../reply.ts'
import type { ImagesBackend } from './backend.ts'

const pruneFilters = ['dangling', 'label', 'label!', 'until', 'unused-for', 'keep']

/** Removing images that nobody needs. */
export function pruneRoutes(backend: ImagesBackend): Routes['plain'] {
  return {
    'POST /images/prune': async ({ query, response }) =>
      sendJson(response, 200, await backend.prune(parseFilters(query.text('filters'), pruneFilters))),
    'POST /strata/images/prune': async ({ query, response }) => {
      const filters = parseFilters(query.text('filters'), pruneFilters)
      sendJson(response, 200, await backend.explainedPrune(filters, { dryRun: query.flag('dry-run') }))
    },
  }
}
