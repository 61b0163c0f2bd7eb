import { StrataError } from '../../std/index.ts'
import type { Routes } from '../exchange.ts'
import { sendJson } from '../reply.ts'
import type { ImagesBackend } from './backend.ts'

/** Extensions: removed images and moved names, and the way back. */
export function restoreRoutes(backend: ImagesBackend): Routes['plain'] {
  return {
    'GET /strata/images/removed': async ({ response }) => sendJson(response, 200, await backend.removed()),
    'POST /strata/images/restore': async ({ query, response }) => {
      const name = query.text('name').trim()
      if (name === '') throw new StrataError('invalid_argument', 'image name cannot be blank')
      sendJson(response, 200, await backend.restore(name))
    },
  }
}
