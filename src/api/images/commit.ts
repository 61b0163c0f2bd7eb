import type { ContainerConfig } from '../../apitypes/index.ts'
import { containerConfig, pointer, struct } from '../../gojson/index.ts'
import type { Routes } from '../exchange.ts'
import { readJson } from '../json-body.ts'
import { sendJson } from '../reply.ts'
import type { ImagesBackend } from './backend.ts'

/** The config that the image is to have; Docker reads it as it reads a request for a container. */
const request = pointer(struct<ContainerConfig>('container.CreateRequest', containerConfig.fields))

export function commitRoutes(backend: ImagesBackend): Routes['plain'] {
  return {
    'POST /commit': async exchange => {
      const { query, response, signal } = exchange
      const config = await readJson(exchange, request)
      const committed = await backend.commit({
        container: query.text('container'),
        target: { repo: query.text('repo'), tag: query.text('tag') },
        author: query.text('author'),
        comment: query.text('comment'),
        pause: query.text('pause') === '' || query.flag('pause'),
        changes: query.all('changes'),
        ...(config && { config }),
        signal,
      })
      sendJson(response, 201, committed)
    },
  }
}
