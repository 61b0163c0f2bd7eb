import type { IncomingHttpHeaders } from 'node:http'
import { StrataError } from '../../std/index.ts'
import { attachStream } from '../attach-stream.ts'
import { parseDetachKeys } from '../detach-keys.ts'
import type { HijackCall, Routes } from '../exchange.ts'
import { parseFilters } from '../filters.ts'
import { readJson } from '../json-body.ts'
import { parseSize, type Query } from '../query.ts'
import { sendEmpty, sendJson, writeAll } from '../reply.ts'
import type { ContainersBackend, StopContainerOptions } from './backend.ts'
import { createRequest, someConfig } from './create-shape.ts'
import { logs } from './logs.ts'
import { requestFor } from './versions.ts'
import { wait } from './wait.ts'

const listFilters = [
  'ancestor',
  'before',
  'exited',
  'expose',
  'health',
  'id',
  'is-task',
  'isolation',
  'label',
  'name',
  'network',
  'publish',
  'since',
  'status',
  'volume',
]

const pruneFilters = ['label', 'label!', 'until']

export function containerRoutes(backend: ContainersBackend): Routes {
  return {
    plain: {
      'GET /containers/json': async ({ query, response }) => {
        const options = {
          all: query.flag('all'),
          limit: Math.max(0, query.integer('limit') ?? 0),
          size: query.flag('size'),
          filters: parseFilters(query.text('filters'), listFilters),
        }
        sendJson(response, 200, await backend.list(options))
      },
      'POST /containers/create': async exchange => {
        const { query, response, minor } = exchange
        const request = await readJson(exchange, createRequest, { required: someConfig })
        const platform = minor >= 41 ? query.optional('platform') : undefined
        const meant = requestFor(minor, request)
        const created = await backend.create(meant.request, {
          name: query.text('name'),
          ...(platform !== undefined && { platform }),
        })
        sendJson(response, 201, { ...created, Warnings: [...meant.warnings, ...created.Warnings] })
      },
      'GET /containers/{id}/json': async ({ params, query, response }) =>
        sendJson(response, 200, await backend.inspect(params.id!, { size: query.flag('size') })),
      'GET /containers/{id}/top': async ({ params, query, response }) =>
        sendJson(response, 200, await backend.top(params.id!, query.text('ps_args'))),
      'GET /containers/{id}/changes': async ({ params, response }) => {
        const changes = await backend.changes(params.id!)
        sendJson(response, 200, changes.length === 0 ? null : changes)
      },
      'GET /containers/{id}/export': async ({ params, response, signal }) => {
        const archive = await backend.export(params.id!, { signal })
        response.writeHead(200, { 'Content-Type': 'application/octet-stream' })
        for await (const chunk of archive) {
          if (response.destroyed) return
          await writeAll(response, chunk)
        }
        response.end()
      },
      'GET /containers/{id}/logs': exchange => logs(backend, exchange),
      'POST /containers/{id}/wait': exchange => wait(backend, exchange),
      'POST /containers/{id}/start': async ({ params, query, headers, response }) => {
        refuseBody(headers)
        const detachKeys = query.optional('detachKeys')
        await backend.start(params.id!, detachKeys === undefined ? {} : { detachKeys })
        sendEmpty(response, 204)
      },
      'POST /containers/{id}/stop': async ({ params, query, minor, response }) => {
        await backend.stop(params.id!, stopOptions(query, minor))
        sendEmpty(response, 204)
      },
      'POST /containers/{id}/restart': async ({ params, query, minor, response }) => {
        await backend.restart(params.id!, stopOptions(query, minor))
        sendEmpty(response, 204)
      },
      'POST /containers/{id}/kill': async ({ params, query, response }) => {
        await backend.kill(params.id!, query.text('signal'))
        sendEmpty(response, 204)
      },
      'POST /containers/{id}/pause': async ({ params, response }) => {
        await backend.pause(params.id!)
        sendEmpty(response, 204)
      },
      'POST /containers/{id}/unpause': async ({ params, response }) => {
        await backend.unpause(params.id!)
        sendEmpty(response, 204)
      },
      'POST /containers/{id}/rename': async ({ params, query, response }) => {
        await backend.rename(params.id!, query.text('name'))
        sendEmpty(response, 204)
      },
      'POST /containers/{id}/resize': async ({ params, query, response }) => {
        await backend.resize(params.id!, parseSize(query))
        sendEmpty(response, 200)
      },
      'POST /containers/prune': async ({ query, response }) =>
        sendJson(response, 200, await backend.prune(parseFilters(query.text('filters'), pruneFilters))),
      'DELETE /containers/{id}': async ({ params, query, response }) => {
        const options = { force: query.flag('force'), volumes: query.flag('v'), link: query.flag('link') }
        await backend.remove(params.id!, options)
        sendEmpty(response, 204)
      },
    },
    hijacking: { 'POST /containers/{id}/attach': call => attach(backend, call) },
  }
}

async function attach(backend: ContainersBackend, call: HijackCall): Promise<void> {
  const { params, query, signal } = call
  const detachKeys = parseDetachKeys(query.text('detachKeys'))
  if (!detachKeys) {
    throw new StrataError('invalid_argument', `Invalid detach keys (${query.text('detachKeys')}) provided`)
  }
  const stdin = query.flag('stdin')
  const session = await backend.attach(params.id!, {
    stdin,
    stdout: query.flag('stdout'),
    stderr: query.flag('stderr'),
    stream: query.flag('stream'),
    logs: query.flag('logs'),
    signal,
  })
  await attachStream(call, session, { tty: session.tty, stdin, detachKeys })
}

function stopOptions(query: Query, minor: number): StopContainerOptions {
  const timeout = query.integer('t')
  const signal = minor >= 42 ? query.optional('signal') : undefined
  return { ...(timeout !== undefined && { timeout }), ...(signal !== undefined && { signal }) }
}

/** Until API 1.23 a start could bring a HostConfig; silently dropping it would start something else than was asked for. */
function refuseBody(headers: IncomingHttpHeaders): void {
  // `{}`, `null` and their like are what clients of today still send.
  if (Number(headers['content-length'] ?? 0) <= 7 && headers['transfer-encoding'] === undefined) return
  throw new StrataError(
    'invalid_argument',
    'starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24',
  )
}
