import { open, readFile } from 'node:fs/promises'
import { type Blob, errnoOf, StrataError } from '../../std/index.ts'

const PIECE = 1 << 20

/** A whole file as a blob; chunks of 1 MiB. Throws ENOENT. */
export async function openFile(path: string): Promise<Blob> {
  const handle = await open(path, 'r')
  const { size } = await handle.stat()
  return {
    size,
    async *bytes() {
      for (let offset = 0; offset < size; ) {
        const piece = Buffer.allocUnsafeSlow(Math.min(PIECE, size - offset))
        const { bytesRead } = await handle.read(piece, 0, piece.byteLength, offset)
        if (bytesRead === 0) throw new StrataError('internal', `${path} became shorter while it was read`)
        offset += bytesRead
        yield bytesRead === piece.byteLength ? piece : piece.subarray(0, bytesRead)
      }
    },
    [Symbol.asyncDispose]: () => handle.close(),
  }
}

/** A file or folder to the platter. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
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

/** A full disk in the words of users; everything else as it is. */
export function explained(error: unknown): unknown {
  const errno = errnoOf(error)
  if (errno !== 'ENOSPC' && errno !== 'EDQUOT') return error
  return new StrataError('unavailable', 'no space left on device', { cause: error })
}
