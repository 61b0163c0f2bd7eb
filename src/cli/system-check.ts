import { type Connection, checkSystem } from '../client/index.ts'
import type { Output, ViewOptions } from './cli.ts'
import { printable } from './text.ts'

/** `strata system check`: shows what is wrong; the exit code is 1 when something is. */
export async function showSystemCheck(connection: Connection, out: Output, { json }: ViewOptions): Promise<number> {
  let problems = 1
  for await (const message of checkSystem(connection)) {
    if (message.status === 'done') problems = message.problems
    if (json) await out.write(`${JSON.stringify(message)}\n`)
    else if (message.status === 'problem') {
      await out.write(`${message.kind} ${message.id}: ${printable(message.message)}\n`)
    } else if (message.status === 'done') {
      await out.write(`checked ${message.checked}, ${message.problems === 0 ? 'no' : message.problems} problems\n`)
    }
  }
  return problems === 0 ? 0 : 1
}
