import { release } from '../../std/index.ts'
import type { Exchange, Routes } from '../exchange.ts'
import { writeAll } from '../reply.ts'
import type { ImagesBackend } from './backend.ts'
import { onlyPlatformOf } from './platform-query.ts'
import { streamProgress } from './progress-stream.ts'

/** Images to files, and back. */
export function archiveRoutes(backend: ImagesBackend): Routes['plain'] {
  return {
    'POST /images/load': exchange => load(backend, exchange),
    'GET /images/get': exchange => save(backend, exchange, exchange.query.all('names')),
    'GET /images/{name}/get': exchange => save(backend, exchange, [exchange.params.name ?? '']),
  }
}

async function load(backend: ImagesBackend, exchange: Exchange): Promise<void> {
  const { query, bytes, signal } = exchange
  const platform = onlyPlatformOf(exchange, 48)
  // Quiet unless it is asked for: older clients don't know it.
  const quiet = query.text('quiet') === '' || query.flag('quiet')
  await streamProgress(
    exchange,
    progress =>
      backend.load({
        archive: bytes,
        ...platform,
        progress: message => {
          if (!quiet || message.progressDetail === undefined) progress(message)
        },
        signal,
      }),
    { open: true },
  )
}

async function save(backend: ImagesBackend, exchange: Exchange, names: readonly string[]): Promise<void> {
  const { response } = exchange
  await using archive = await backend.save({ names, ...onlyPlatformOf(exchange, 48) })
  response.writeHead(200, { 'Content-Type': 'application/x-tar', 'Content-Length': archive.size })
  for await (const chunk of archive.bytes()) {
    if (response.destroyed) return
    await writeAll(response, chunk, () => release(chunk))
  }
  response.end()
}
