import { addon } from './addon.ts'

/** A descriptor of an empty file in memory, to be closed by the caller: a temporary file that needs no disk. */
export function openMemoryFile(name: string): number {
  return addon().memoryFile(name)
}
