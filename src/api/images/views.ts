import { StrataError } from '../../std/index.ts'
import type { Routes } from '../exchange.ts'
import { JsonStream } from '../json-stream.ts'
import type { Query } from '../query.ts'
import { sendJson } from '../reply.ts'
import type { ImagesBackend } from './backend.ts'
import { nameOf } from './name.ts'

/** The most wasted files that are named. */
const MOST_PATHS = 10_000

/** Extensions: what the layers of images hold, and what differs between images. */
export function viewRoutes(backend: ImagesBackend): Routes['plain'] {
  return {
    'GET /strata/images/{name}/layers': async ({ params, query, response, signal }) => {
      const paths = query.integer('paths') ?? 0
      if (paths < 0 || paths > MOST_PATHS) {
        throw new StrataError('invalid_argument', `paths must be from 0 to ${MOST_PATHS}`)
      }
      sendJson(response, 200, await backend.layers(nameOf(params), { paths, signal }))
    },
    'GET /strata/images/diff': async ({ query, response, signal }) => {
      const messages = await backend.diff({ from: named(query, 'from'), to: named(query, 'to'), signal })
      const stream = new JsonStream(response, '\n')
      try {
        await stream.pipe(messages)
      } catch (error) {
        stream.end(error)
        return
      }
      stream.end()
    },
  }
}

function named(query: Query, parameter: string): string {
  const name = query.text(parameter).trim()
  if (name === '') throw new StrataError('invalid_argument', `${parameter}: image name cannot be blank`)
  return name
}
