import { type ErrorCode, messageOf, StrataError } from '../std/index.ts'

const FULL = 13

/** https://www.sqlite.org/rescode.html: primary result codes. */
const meanings: Readonly<Record<number, readonly [code: ErrorCode, text: (path: string) => string]>> = {
  5: ['conflict', path => `${path} is in use by another process`],
  8: ['unavailable', path => `${path} is read-only`],
  10: ['unavailable', path => `input/output error on ${path}`],
  11: ['internal', path => `${path} is damaged`],
  [FULL]: ['unavailable', path => `${path}: no space left on device`],
  14: ['unavailable', path => `${path} can't be opened`],
  26: ['internal', path => `${path} is not a metadata store`],
}

/** Does `work`; failures of SQLite that have to do with the file at `path` become a StrataError. */
export function translated<R>(path: string, work: () => R): R {
  try {
    return work()
  } catch (error) {
    const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
    const meaning = code === undefined ? undefined : meanings[code]
    if (!meaning) throw error
    const details = { sqlite: messageOf(error), ...(code === FULL && { diskFull: true }) }
    throw new StrataError(meaning[0], meaning[1](path), { cause: error, details })
  }
}
