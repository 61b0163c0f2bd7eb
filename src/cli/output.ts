import { once } from 'node:events'
import type { Output } from './cli.ts'

/** Whether an error says that the reader of our output has gone (`strata … | head`). */
export function isReaderGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE'
}

/** The standard output of this process. */
export function standardOutput(): Output {
  const { stdout } = process
  let failure: unknown
  stdout.on('error', error => {
    failure = error
  })
  return {
    columns: stdout.isTTY ? stdout.columns : undefined,
    async write(text) {
      if (failure === undefined && !stdout.write(text))
        await Promise.race([once(stdout, 'drain'), once(stdout, 'close')])
      if (failure !== undefined) throw failure
    },
  }
}
