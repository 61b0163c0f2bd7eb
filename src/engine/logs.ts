import { StrataError } from '../std/index.ts'
import { type EngineContext, findSettled } from './context.ts'
import { type LogRecord, readLog } from './log-file.ts'
import { logPathOf } from './network-setup.ts'
import { rotatedLogs } from './run.ts'

export interface LogsRequest {
  readonly stdout: boolean
  readonly stderr: boolean
  readonly follow: boolean
  readonly since?: bigint
  readonly until?: bigint
  readonly tail?: number
  readonly signal: AbortSignal
}

/** What a container wrote, from its json-file log; with `follow` until it ends. */
export async function containerLogs(
  context: EngineContext,
  id: string,
  request: LogsRequest,
): Promise<{ readonly tty: boolean; readonly records: AsyncIterable<readonly LogRecord[]> }> {
  const container = await findSettled(context, id)
  if (container.record.hostConfig.LogConfig.Type === 'none') {
    throw new StrataError('not_implemented', 'configured logging driver does not support reading')
  }
  const followed = request.follow && (container.running || container.record.state.restarting)
  const signal = untilSignal(request)
  const records = readLog(logPathOf(context, container.id), {
    rotated: rotatedLogs(context, container),
    tail: request.tail,
    follow: followed ? { ended: container.wait('not-running', signal).then(() => {}) } : undefined,
    signal,
  })
  return { tty: container.record.config.Tty, records: select(records, request) }
}

function untilSignal(request: LogsRequest): AbortSignal {
  if (!request.follow || request.until === undefined) return request.signal
  const left = Number(request.until / 1_000_000n) - Date.now()
  return AbortSignal.any([request.signal, AbortSignal.timeout(Math.max(0, Math.min(left, 2 ** 31 - 1)))])
}

async function* select(
  batches: AsyncIterable<readonly LogRecord[]>,
  { stdout, stderr, since, until }: LogsRequest,
): AsyncGenerator<readonly LogRecord[]> {
  for await (const batch of batches) {
    const wanted = batch.filter(record => {
      if (record.stream === 'stdout' ? !stdout : !stderr) return false
      if (since === undefined && until === undefined) return true
      const time = nanoseconds(record.time)
      return (since === undefined || time >= since) && (until === undefined || time <= until)
    })
    if (wanted.length > 0) yield wanted
  }
}

/** An RFC 3339 time in UTC as nanoseconds since the epoch. */
export function nanoseconds(time: string): bigint {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? ''
  const seconds = Math.floor(Date.parse(time.replace(/\.\d+/, '')) / 1000)
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9))
}
