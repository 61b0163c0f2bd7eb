import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { Output } from './cli.ts'

/** Whether an error says that the reader of our output has gone (`strata … | head`). */
export function isReaderGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE'
}

/** The standard output of this process, or what stands for it. */
export function standardOutput(
  stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number } = process.stdout,
): Output {
  let failure: unknown
  stdout.on('error', error => {
    failure = error
  })
  return {
    columns: stdout.isTTY ? stdout.columns : undefined,
    async write(text) {
      if (failure === undefined && !stdout.write(text)) await drained(stdout)
      if (failure !== undefined) throw failure
    },
  }
}

/** Resolves when there is room again, or never will be. */
async function drained(stdout: Writable): Promise<void> {
  const ended = new AbortController()
  const { signal } = ended
  try {
    await Promise.race([once(stdout, 'drain', { signal }), once(stdout, 'close', { signal })])
  } finally {
    ended.abort() // the one that did not come is listened for no longer
  }
}
