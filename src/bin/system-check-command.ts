import { request } from 'node:http'
import type { CheckMessage } from '../apitypes/index.ts'
import { fromReadable, StrataError } from '../std/index.ts'

/** Asks an engine to check its store; prints findings; the exit code is 1 when there are problems. */
export async function systemCheck(flags: { readonly host: string; readonly json?: boolean }): Promise<number> {
  let problems = 1
  for await (const message of checkMessages(flags.host)) {
    if (message.status === 'done') problems = message.problems
    if (flags.json) process.stdout.write(`${JSON.stringify(message)}\n`)
    else if (message.status === 'problem') process.stdout.write(`${message.kind} ${message.id}: ${message.message}\n`)
    else if (message.status === 'done') {
      process.stdout.write(`checked ${message.checked}, ${message.problems === 0 ? 'no' : message.problems} problems\n`)
    }
  }
  return problems === 0 ? 0 : 1
}

async function* checkMessages(host: string): AsyncGenerator<CheckMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<import('node:http').IncomingMessage>()
  const path = '/strata/system/check'
  const target = host.startsWith('unix://')
    ? { socketPath: host.slice('unix://'.length) }
    : { host: new URL(host).hostname, port: new URL(host).port }
  request({ ...target, path, method: 'POST' }, resolve)
    .on('error', reject)
    .end()
  const response = await promise
  if (response.statusCode !== 200) {
    throw new StrataError('unavailable', `the engine at ${host} answered ${response.statusCode}`)
  }
  let rest = ''
  for await (const chunk of fromReadable(response)) {
    const lines = (rest + Buffer.from(chunk).toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as CheckMessage
  }
}
