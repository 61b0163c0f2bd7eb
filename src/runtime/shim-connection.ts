import { open } from 'node:fs/promises'
import { connect as connectSocket, type Socket } from 'node:net'
import { join } from 'node:path'
import { nobodyListens } from '../host/index.ts'
import { names } from './task-folder.ts'

/** sun_path of a unix socket address holds 108 bytes with the final zero. */
const longestAddress = 107

/** Connects to the shim of a folder. Undefined when no shim listens there (any more). */
export async function connectShim(folder: string): Promise<Socket | undefined> {
  const path = join(folder, names.socket)
  try {
    if (Buffer.byteLength(path) <= longestAddress) return await connected(path)
    await using handle = await open(folder)
    return await connected(`/proc/self/fd/${handle.fd}/${names.socket}`)
  } catch (error) {
    if (nobodyListens(error)) return undefined
    throw error
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ path, allowHalfOpen: true })
    // Stays for good: a shim that ends resets the connection at any time, and nobody may be listening just then.
    socket.on('error', reject)
    socket.once('connect', () => resolve(socket))
  })
}

/**
 * Sends one command and returns its answer, a line without its end. Undefined when no shim listens or it ended without
 * an answer. The commands are listed in native/shim-client.c.
 */
export async function request(folder: string, command: string): Promise<string | undefined> {
  const socket = await connectShim(folder)
  if (socket === undefined) return undefined
  try {
    socket.write(`${command}\n`)
    return (await firstLine(socket)).line
  } finally {
    socket.destroy()
  }
}

/** Reads up to the first line end; what follows it stays in the socket. No line when the socket ends, or has ended, before. */
export function firstLine(socket: Socket): Promise<{ readonly line: string | undefined }> {
  return new Promise(resolve => {
    if (socket.destroyed || socket.readableEnded) {
      resolve({ line: undefined })
      return
    }
    const chunks: Buffer[] = []
    const done = (line: string | undefined) => {
      socket.off('readable', onReadable).off('end', onEnd).off('error', onEnd).off('close', onEnd)
      resolve({ line })
    }
    const onReadable = () => {
      for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read()) {
        const end = chunk.indexOf(10)
        if (end < 0) {
          chunks.push(chunk)
          continue
        }
        const line = Buffer.concat([...chunks, chunk.subarray(0, end)]).toString('utf8')
        done(line)
        if (end + 1 < chunk.length) socket.unshift(chunk.subarray(end + 1))
        return
      }
    }
    const onEnd = () => done(undefined)
    socket.on('readable', onReadable).on('end', onEnd).on('error', onEnd).on('close', onEnd)
  })
}
