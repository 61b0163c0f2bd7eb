import { addon } from './addon.ts'

/** An empty file in memory: a temporary file that needs no disk. Gone when it is disposed of. */
export function openMemoryFile(name: string): Disposable & { readonly fd: number } {
  const fd = addon().memoryFile(name)
  return { fd, [Symbol.dispose]: () => addon().close(fd) }
}
