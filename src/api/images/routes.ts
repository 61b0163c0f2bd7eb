import type { Filters } from '../../apitypes/index.ts'
import { isDigest } from '../../oci/index.ts'
import { formatReference, parseReference, trimNamed, withDigest, withTag } from '../../reference/index.ts'
import { StrataError } from '../../std/index.ts'
import type { Exchange, Routes } from '../exchange.ts'
import { parseFilters } from '../filters.ts'
import { sendEmpty, sendJson } from '../reply.ts'
import { archiveRoutes } from './archive-routes.ts'
import type { ImagesBackend } from './backend.ts'
import { commitRoutes } from './commit.ts'
import { nameOf } from './name.ts'
import { platformOf, platformsOf } from './platform-query.ts'
import { credentialsOf, streamProgress } from './progress-stream.ts'
import { pruneRoutes } from './prune-routes.ts'
import { pushRoutes } from './push-routes.ts'
import { restoreRoutes } from './restore-routes.ts'
import { inspectFor, summaryFor } from './versions.ts'
import { viewRoutes } from './views.ts'

const listFilters = ['dangling', 'label', 'before', 'since', 'until', 'reference']

export function imageRoutes(backend: ImagesBackend): Routes {
  return {
    plain: {
      ...archiveRoutes(backend),
      ...commitRoutes(backend),
      ...viewRoutes(backend),
      ...pushRoutes(backend),
      ...pruneRoutes(backend),
      ...restoreRoutes(backend),
      'POST /images/create': exchange => create(backend, exchange),
      'GET /images/json': async exchange => {
        const { query, minor, response } = exchange
        const images = await backend.list({
          all: query.flag('all'),
          sharedSize: minor >= 42 && query.flag('shared-size'),
          manifests: minor >= 47 && query.flag('manifests'),
          filters: listFiltersOf(exchange),
        })
        sendJson(
          response,
          200,
          images.map(image => summaryFor(minor, image)),
        )
      },
      'GET /images/{name}/json': async exchange => {
        const { params, query, minor, response } = exchange
        const options = { manifests: minor >= 48 && query.flag('manifests'), ...platformOf(exchange, 49) }
        if (options.manifests && options.platform) {
          const text = 'conflicting options: manifests and platform options cannot both be set'
          throw new StrataError('invalid_argument', text)
        }
        sendJson(response, 200, inspectFor(minor, await backend.inspect(nameOf(params), options)))
      },
      'GET /images/{name}/history': async exchange =>
        sendJson(exchange.response, 200, await backend.history(nameOf(exchange.params), platformOf(exchange, 48))),
      'POST /images/{name}/tag': async ({ params, query, response }) => {
        await backend.tag(nameOf(params), { repo: query.text('repo'), tag: query.text('tag') })
        sendEmpty(response, 201)
      },
      'DELETE /images/{name}': async exchange => {
        const { params, query, response } = exchange
        const flags = { force: query.flag('force'), noPrune: query.flag('noprune') }
        const options = { ...flags, ...platformsOf(exchange, 50) }
        sendJson(response, 200, await backend.remove(nameOf(params), options))
      },
    },
  }
}

/** Older clients have a parameter of its own for what became the filter `reference`. */
function listFiltersOf({ query, minor }: Exchange): Filters {
  const filters = parseFilters(query.text('filters'), listFilters)
  const name = minor < 41 ? query.text('filter') : ''
  return name === '' ? filters : new Map([...filters, ['reference', [...(filters.get('reference') ?? []), name]]])
}

async function create(backend: ImagesBackend, exchange: Exchange): Promise<void> {
  const { query, signal } = exchange
  const image = query.text('fromImage')
  if (image === '') return importInto(backend, exchange)
  const platform = newPlatform(exchange)
  await streamProgress(exchange, progress =>
    backend.pull({
      reference: referenceOf(image, query.text('tag')),
      ...(platform !== undefined && { platform }),
      ...credentialsOf(exchange),
      progress,
      signal,
    }),
  )
}

async function importInto(backend: ImagesBackend, exchange: Exchange): Promise<void> {
  const { query, bytes, signal } = exchange
  const source = query.text('fromSrc')
  const platform = newPlatform(exchange)
  await streamProgress(exchange, progress =>
    backend.import({
      source: source === '-' ? { archive: bytes } : { url: source },
      target: { repo: query.text('repo'), tag: query.text('tag') },
      message: query.text('message') || `Imported from ${source}`,
      changes: query.all('changes'),
      ...(platform !== undefined && { platform }),
      progress,
      signal,
    }),
  )
}

function newPlatform({ query, minor }: Exchange): string | undefined {
  return minor >= 32 ? query.optional('platform') : undefined
}

/** The tag may be a digest; it goes before what the image's name has. Throws Docker's texts. */
function referenceOf(image: string, tag: string): string {
  if (tag === '') return image
  const name = parseReference(image)
  return formatReference(isDigest(tag) ? withDigest(trimNamed(name), tag) : withTag(name, tag))
}
