import type { EngineVersion, EventMessage, Version } from '../../apitypes/index.ts'
import { StrataError } from '../../std/index.ts'
import type { Exchange, Routes } from '../exchange.ts'
import { readFilters } from '../filters.ts'
import { JsonStream } from '../json-stream.ts'
import { sendEmpty, sendJson } from '../reply.ts'
import { apiVersion } from '../version.ts'
import type { SystemBackend } from './backend.ts'
import { pruneBuildCache } from './build-cache.ts'
import { sendDiskUsage } from './disk-usage.ts'

export function systemRoutes(backend: SystemBackend): Routes {
  return {
    plain: {
      'OPTIONS /*': async ({ response }) => sendEmpty(response, 200),
      'GET /_ping': ping,
      'HEAD /_ping': ping,
      'GET /version': async ({ response }) => sendJson(response, 200, withApiVersion(await backend.version())),
      'GET /info': async ({ response }) => sendJson(response, 200, await backend.info()),
      'GET /events': exchange => events(backend, exchange),
      'GET /system/df': exchange => sendDiskUsage(backend, exchange),
      'POST /build/prune': exchange => pruneBuildCache(backend, exchange),
      'POST /strata/system/check': async ({ response, signal }) => {
        const stream = new JsonStream(response, '\n')
        await stream.pipe(backend.check({ signal }))
        stream.end()
      },
    },
  }
}

async function ping({ response }: Exchange): Promise<void> {
  response.writeHead(200, {
    // The classic builder; 2 would send the CLI to BuildKit.
    'Builder-Version': '1',
    'Cache-Control': 'no-cache, no-store, must-revalidate',
    Pragma: 'no-cache',
    Swarm: 'inactive',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': response.req.method === 'HEAD' ? 0 : 2,
  })
  response.end(response.req.method === 'HEAD' ? undefined : 'OK')
}

/** Fills in what is the API's own: which versions of it are spoken here; in the engine's details too, where Docker has it. */
function withApiVersion(version: EngineVersion): Version {
  const spoken = { ApiVersion: apiVersion.max, MinAPIVersion: apiVersion.min }
  const Components = version.Components.map(component =>
    component.Name === 'Engine' ? { ...component, Details: { ...component.Details, ...spoken } } : component,
  )
  return { ...version, ...spoken, Components }
}

async function events(backend: SystemBackend, { query, response, signal }: Exchange): Promise<void> {
  const since = query.time('since')
  const until = query.time('until')
  if (since !== undefined && until !== undefined && since > until) {
    throw new StrataError(
      'invalid_argument',
      `\`since\` time (${query.text('since')}) cannot be after \`until\` time (${query.text('until')})`,
    )
  }
  const filters = readFilters(query.text('filters'))
  const stream = new JsonStream(response, '\n')
  const options = { filters, signal, ...(since !== undefined && { since }), ...(until !== undefined && { until }) }
  await stream.pipe(legacy(backend.events(options)))
  stream.end()
}

/** Events of containers and images begin with the fields that they had before API 1.22. */
async function* legacy(messages: AsyncIterable<EventMessage>): AsyncGenerator<object> {
  for await (const message of messages) {
    const { Type, Action, Actor } = message
    const old = { status: Action, id: Actor.ID }
    if (Type === 'container') yield { ...old, from: Actor.Attributes.image, ...message }
    else if (Type === 'image') yield { ...old, ...message }
    else yield message
  }
}
