import { addon } from './addon.ts'

/**
 * Copies a program, as it is now, into sealed memory (memfd_create(2)) and returns a path that any process may start it
 * from for as long as this one lives. OCI runtimes start themselves again from such a copy, so that no container can write
 * to their file; started from one they needn't. Throws the errno of what failed.
 */
export function sealProgram(file: string): string {
  return `/proc/${process.pid}/fd/${addon().sealedCopy(file)}`
}
