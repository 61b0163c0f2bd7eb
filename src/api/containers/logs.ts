import { StrataError } from '../../std/index.ts'
import { frame } from '../attach-stream.ts'
import type { Exchange } from '../exchange.ts'
import { writeAll } from '../reply.ts'
import type { ContainersBackend, LogRecord } from './backend.ts'

export async function logs(backend: ContainersBackend, exchange: Exchange): Promise<void> {
  const { params, query, response, signal, minor } = exchange
  const stdout = query.flag('stdout')
  const stderr = query.flag('stderr')
  if (!stdout && !stderr) {
    throw new StrataError('invalid_argument', 'Bad parameters: you must choose at least one stream')
  }
  const since = query.time('since')
  const until = query.time('until')
  const tail = tailOf(query.text('tail'))
  const { tty, records } = await backend.logs(params.id!, {
    stdout,
    stderr,
    follow: query.flag('follow'),
    ...(since !== undefined && { since }),
    ...(until && { until }),
    ...(tail !== undefined && { tail }),
    signal,
  })
  const timestamps = query.flag('timestamps')
  const framed = !tty && minor >= 42
  response.writeHead(200, { 'Content-Type': `application/vnd.docker.${framed ? 'multiplexed' : 'raw'}-stream` })
  response.flushHeaders()
  for await (const batch of records) {
    if (response.destroyed) return
    await writeAll(response, Buffer.concat(batch.flatMap(record => encode(record, { tty, timestamps }))))
  }
  response.end()
}

function encode(record: LogRecord, form: { tty: boolean; timestamps: boolean }): Uint8Array[] {
  const line = form.timestamps ? [Buffer.from(`${fixedWidth(record.time)} `, 'latin1'), record.data] : [record.data]
  return form.tty ? line : [frame(record.stream, line.length === 1 ? record.data : Buffer.concat(line))]
}

/** A UTC time with nine digits of its second, as Docker shows times beside log lines. */
function fixedWidth(time: string): string {
  const [, seconds = time, fraction = ''] = /^([^.]+?)(?:\.(\d+))?Z$/.exec(time) ?? []
  return `${seconds}.${fraction.padEnd(9, '0')}Z`
}

/** `all`, and whatever is not a count, is everything. */
function tailOf(text: string): number | undefined {
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined
}
