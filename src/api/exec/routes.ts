import type { ExecStartRequest } from '../../apitypes/index.ts'
import { StrataError } from '../../std/index.ts'
import { attachStream } from '../attach-stream.ts'
import { parseDetachKeys } from '../detach-keys.ts'
import type { HijackCall, Routes } from '../exchange.ts'
import { readJson } from '../json-body.ts'
import { parseSize } from '../query.ts'
import { sendEmpty, sendJson } from '../reply.ts'
import type { ExecBackend, StartExecOptions } from './backend.ts'
import { execCreateRequest, execStartRequest } from './shape.ts'

export function execRoutes(backend: ExecBackend): Routes {
  return {
    plain: {
      'POST /containers/{id}/exec': async exchange => {
        const request = await readJson(exchange, execCreateRequest, { root: 'ExecOptions' })
        if (!request.Cmd?.length) throw new StrataError('invalid_argument', 'No exec command specified')
        if (!parseDetachKeys(request.DetachKeys)) {
          throw new StrataError('invalid_argument', `Invalid escape keys (${request.DetachKeys}) provided`)
        }
        sendJson(exchange.response, 201, await backend.create(exchange.params.id!, request))
      },
      'GET /exec/{id}/json': async ({ params, response }) => {
        const exec = await backend.inspect(params.id!)
        const keys = exec.DetachKeys === '' ? [] : (parseDetachKeys(exec.DetachKeys) ?? [])
        sendJson(response, 200, { ...exec, DetachKeys: Buffer.from(keys).toString('base64') })
      },
      'POST /exec/{id}/resize': async ({ params, query, response }) => {
        await backend.resize(params.id!, parseSize(query))
        sendEmpty(response, 200)
      },
    },
    hijacking: { 'POST /exec/{id}/start': call => start(backend, call) },
  }
}

async function start(backend: ExecBackend, call: HijackCall): Promise<void> {
  const id = call.params.id!
  const request = await readJson(call, execStartRequest, { root: 'ExecStartOptions' })
  const options = startOptions(request, call.minor)
  if (request.Detach) {
    await backend.start(id, options)
    call.reply(200)
    return
  }
  const session = await backend.attach(id, { ...options, signal: call.signal })
  const detachKeys = parseDetachKeys(session.detachKeys ?? '') ?? []
  await attachStream(call, session, { tty: request.Tty, stdin: true, detachKeys })
}

/** As in dockerd, a size is only heard where there is a terminal, and from API 1.42 on. */
function startOptions({ ConsoleSize, Tty }: ExecStartRequest, minor: number): StartExecOptions {
  if (!ConsoleSize || !Tty || minor < 42) return {}
  return { consoleSize: { height: ConsoleSize[0], width: ConsoleSize[1] } }
}
