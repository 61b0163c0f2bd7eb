import { open, readFile } from 'node:fs/promises'
import { type Blob, errnoOf, readFileRange } from '../../std/index.ts'

/** A whole file as a blob; chunks of 1 MiB. Throws ENOENT. */
export async function openFile(path: string): Promise<Blob> {
  const handle = await open(path, 'r')
  const { size } = await handle.stat()
  return {
    size,
    bytes: () => readFileRange(handle, 0, size),
    [Symbol.asyncDispose]: () => handle.close(),
  }
}

/** A small JSON file, or undefined when it is missing or was cut off by a power failure. */
export async function readJSON(path: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
