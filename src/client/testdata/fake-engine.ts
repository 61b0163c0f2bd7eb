import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { connectionTo } from '../address.ts'
import type { Connection } from '../client.ts'

/** Something that answers at a unix socket as `answer` says, until the test ends. */
export async function fakeEngine(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Connection> {
  const folder = await mkdtemp(join(tmpdir(), 'strata-client-'))
  const socket = join(folder, 'sock')
  const server = createServer(answer).listen(socket)
  await once(server, 'listening')
  t.after(async () => {
    server.closeAllConnections()
    server.close()
    await rm(folder, { recursive: true })
  })
  return connectionTo(`unix://${socket}`)
}
