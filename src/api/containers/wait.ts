import type { WaitResponse } from '../../apitypes/index.ts'
import { StrataError } from '../../std/index.ts'
import type { Exchange } from '../exchange.ts'
import { describeError } from '../status.ts'
import type { ContainersBackend, WaitCondition } from './backend.ts'

const conditions: ReadonlyMap<string, WaitCondition> = new Map([
  ['', 'not-running'],
  ['not-running', 'not-running'],
  ['next-exit', 'next-exit'],
  ['removed', 'removed'],
])

/** The head of the answer goes out as soon as the container is watched: `docker run` starts it only then. */
export async function wait(backend: ContainersBackend, exchange: Exchange): Promise<void> {
  const { params, query, response, signal, minor } = exchange
  const asked = minor < 30 ? '' : query.text('condition')
  const condition = conditions.get(asked)
  if (!condition) throw new StrataError('invalid_argument', `invalid condition: ${JSON.stringify(asked)}`)
  const { exit } = await backend.wait(params.id!, condition, signal)
  response.writeHead(200, { 'Content-Type': 'application/json' })
  response.flushHeaders()
  const result = await exit.catch((error: unknown): WaitResponse => {
    return { StatusCode: -1, Error: { Message: describeError(error).message } }
  })
  response.end(`${JSON.stringify(result)}\n`)
}
