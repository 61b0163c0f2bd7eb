import { StrataError } from '../../std/index.ts'
import type { Exchange, Routes } from '../exchange.ts'
import { parseFilters } from '../filters.ts'
import { JsonStream } from '../json-stream.ts'
import { parseRegistryAuth } from '../registry-auth.ts'
import { sendEmpty, sendJson } from '../reply.ts'
import type { ImagesBackend, ProgressMessage } from './backend.ts'
import { progressLine } from './progress-text.ts'
import { inspectFor, summaryFor } from './versions.ts'

const listFilters = ['dangling', 'label', 'label!', 'before', 'since', 'until', 'reference']

export function imageRoutes(backend: ImagesBackend): Routes {
  return {
    plain: {
      'POST /images/create': exchange => create(backend, exchange),
      'GET /images/json': async ({ query, minor, response }) => {
        const images = await backend.list({
          all: query.flag('all'),
          sharedSize: minor >= 42 && query.flag('shared-size'),
          filters: parseFilters(query.text('filters'), listFilters),
        })
        sendJson(
          response,
          200,
          images.map(image => summaryFor(minor, image)),
        )
      },
      'GET /images/{name}/json': async ({ params, minor, response }) =>
        sendJson(response, 200, inspectFor(minor, await backend.inspect(nameOf(params)))),
      'GET /images/{name}/history': async ({ params, response }) =>
        sendJson(response, 200, await backend.history(nameOf(params))),
      'POST /images/{name}/tag': async ({ params, query, response }) => {
        await backend.tag(nameOf(params), { repo: query.text('repo'), tag: query.text('tag') })
        sendEmpty(response, 201)
      },
      'DELETE /images/{name}': async ({ params, query, response }) => {
        const options = { force: query.flag('force'), noPrune: query.flag('noprune') }
        sendJson(response, 200, await backend.remove(nameOf(params), options))
      },
    },
  }
}

function nameOf(params: Readonly<Record<string, string>>): string {
  const name = params.name?.trim()
  if (!name) throw new StrataError('invalid_argument', 'image name cannot be blank')
  return name
}

async function create(backend: ImagesBackend, { query, headers, response, signal }: Exchange): Promise<void> {
  const image = query.text('fromImage')
  if (image === '') throw new StrataError('not_implemented', 'POST /images/create?fromSrc is not implemented yet')
  const stream = new JsonStream(response, '\r\n')
  const platform = query.optional('platform')
  const auth = headers['x-registry-auth']
  const credentials = parseRegistryAuth(Array.isArray(auth) ? auth[0] : auth)
  try {
    await backend.pull({
      reference: referenceOf(image, query.text('tag')),
      ...(platform !== undefined && { platform }),
      ...(credentials && { credentials }),
      progress: message => {
        if (!(stream.congested && isBar(message))) stream.push(progressLine(message))
      },
      signal,
    })
  } catch (error) {
    if (!response.headersSent) throw error
    stream.end(error)
    return
  }
  stream.end()
}

/** A tag may also be a digest. */
function referenceOf(image: string, tag: string): string {
  if (tag === '') return image
  return tag.includes(':') ? `${image}@${tag}` : `${image}:${tag}`
}

/** Whether a later message of the same layer says the same with a bigger number. */
function isBar({ progressDetail }: ProgressMessage): boolean {
  return progressDetail?.current !== undefined && progressDetail.current !== progressDetail.total
}
