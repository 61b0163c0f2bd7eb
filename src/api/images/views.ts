import { StrataError } from '../../std/index.ts'
import type { Call, Routes } from '../exchange.ts'
import { JsonStream } from '../json-stream.ts'
import { sendJson } from '../reply.ts'
import type { ImagesBackend, NamedImage } from './backend.ts'
import { nameOf } from './name.ts'
import { platformOf } from './platform-query.ts'

/** The most wasted files that are named. */
const MOST_PATHS = 10_000

/** Extensions: what the layers of images hold, and what differs between images. */
export function viewRoutes(backend: ImagesBackend): Routes['plain'] {
  return {
    'GET /strata/images/{name}/layers': async call => {
      const { params, query, response, signal } = call
      const paths = Number(query.text('paths'))
      if (!Number.isInteger(paths) || paths < 0 || paths > MOST_PATHS) {
        throw new StrataError('invalid_argument', `paths must be from 0 to ${MOST_PATHS}`)
      }
      sendJson(response, 200, await backend.layers(nameOf(params), { paths, signal, ...platformOf(call, 0) }))
    },
    'GET /strata/images/diff': async call => {
      const messages = await backend.diff({ from: named(call, 'from'), to: named(call, 'to'), signal: call.signal })
      const stream = new JsonStream(call.response, '\n')
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

/** An image by its name and, in another parameter, its platform. */
function named(call: Call, parameter: 'from' | 'to'): NamedImage {
  const name = call.query.text(parameter).trim()
  if (name === '') throw new StrataError('invalid_argument', `${parameter}: image name cannot be blank`)
  return { name, ...platformOf(call, 0, `${parameter}-platform`) }
}
