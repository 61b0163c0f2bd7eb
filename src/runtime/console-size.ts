import type { ProcessIo } from './runtime.ts'

/**
 * A `process` of the OCI spec with the first size of its terminal: the runtime sets it before the program starts (but crun
 * that of an exec), the shim only when the terminal has come to it, which may be later.
 */
export function sized(process: object, { terminal, size }: ProcessIo): object {
  return terminal && size ? { ...process, consoleSize: { height: size.rows, width: size.columns } } : process
}
