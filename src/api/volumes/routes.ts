import type { Filters, VolumeCreateRequest } from '../../apitypes/index.ts'
import { map, pointer, string, struct } from '../../gojson/index.ts'
import { reworded, StrataError } from '../../std/index.ts'
import type { Exchange, Routes } from '../exchange.ts'
import { checkFilters, parseFilters, readFilters } from '../filters.ts'
import { readJson } from '../json-body.ts'
import { sendEmpty, sendJson } from '../reply.ts'
import { refuseNoManager } from '../swarm/routes.ts'
import type { VolumesBackend } from './backend.ts'

const listFilters = ['dangling', 'driver', 'label', 'name']
const pruneFilters = ['all', 'label', 'label!']

const createRequest = struct<VolumeCreateRequest & { readonly ClusterVolumeSpec: object | null }>(
  'volume.CreateOptions',
  {
    ClusterVolumeSpec: pointer(struct<object>('volume.ClusterVolumeSpec', {})),
    Driver: string,
    DriverOpts: map(string),
    Labels: map(string),
    Name: string,
  },
)

export function volumeRoutes(backend: VolumesBackend): Routes {
  return {
    plain: {
      'GET /volumes': async ({ query, response }) => {
        const filters = reworded(
          () => readFilters(query.text('filters')),
          message => new StrataError('invalid_argument', `error reading volume filters: ${message}`),
        )
        sendJson(response, 200, await backend.list(checkFilters(filters, listFilters)))
      },
      'GET /volumes/{name}': async ({ params, response }) =>
        sendJson(response, 200, await backend.inspect(params.name!)),
      'POST /volumes/create': exchange => create(backend, exchange),
      'DELETE /volumes/{name}': async ({ params, query, response }) => {
        await backend.remove(params.name!, { force: query.flag('force') })
        sendEmpty(response, 204)
      },
      'POST /volumes/prune': async ({ query, minor, response }) => {
        const filters = parseFilters(query.text('filters'), pruneFilters)
        sendJson(response, 200, await backend.prune(minor < 42 ? withAll(filters) : filters))
      },
    },
  }
}

async function create(backend: VolumesBackend, exchange: Exchange): Promise<void> {
  const { ClusterVolumeSpec: cluster, ...request } = await readJson(exchange, createRequest, { root: 'CreateOptions' })
  if (cluster) return refuseNoManager()
  sendJson(exchange.response, 201, await backend.create(request))
}

/** Until API 1.41 named volumes were pruned as well. */
function withAll(filters: Filters): Filters {
  return new Map([...filters, ['all', [...new Set([...(filters.get('all') ?? []), 'true'])]]])
}
