import type { Routes } from '../exchange.ts'
import type { ImagesBackend } from './backend.ts'
import { platformOf } from './platform-query.ts'
import { credentialsOf, streamProgress } from './progress-stream.ts'

/** Images to registries. */
export function pushRoutes(backend: ImagesBackend): Routes['plain'] {
  return {
    'POST /images/{name}/push': async exchange => {
      const { params, query, signal } = exchange
      const tag = query.text('tag')
      const options = {
        reference: params.name ?? '',
        ...(tag && { tag }),
        ...platformOf(exchange, 46),
        ...credentialsOf(exchange),
        signal,
      }
      await streamProgress(exchange, progress => backend.push({ ...options, progress }))
    },
  }
}
