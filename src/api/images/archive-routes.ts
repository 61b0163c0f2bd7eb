import type { Exchange, Routes } from '../exchange.ts'
import { writeAll } from '../reply.ts'
import type { ImagesBackend } from './backend.ts'
import { onlyPlatformOf } from './platform-query.ts'

/** Images to files, and back. */
export function archiveRoutes(backend: ImagesBackend): Routes['plain'] {
  return {
    'GET /images/get': exchange => save(backend, exchange, exchange.query.all('names')),
    'GET /images/{name}/get': exchange => save(backend, exchange, [exchange.params.name ?? '']),
  }
}

async function save(backend: ImagesBackend, exchange: Exchange, names: readonly string[]): Promise<void> {
  const { response } = exchange
  await using archive = await backend.save({ names, ...onlyPlatformOf(exchange, 48) })
  response.writeHead(200, { 'Content-Type': 'application/x-tar', 'Content-Length': archive.size })
  for await (const chunk of archive.bytes()) {
    if (response.destroyed) return
    await writeAll(response, chunk)
  }
  response.end()
}
