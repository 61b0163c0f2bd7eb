import { unlink } from 'node:fs/promises'
import { errnoOf } from '../std/index.ts'
import { addon } from './addon.ts'

/** A unix socket that waits for one descriptor: runc's console socket. */
export interface FdReceiver extends AsyncDisposable {
  /**
   * The descriptor that the first to connect sends by SCM_RIGHTS; the caller closes it. Rejects with ECANCELED when the
   * receiver is disposed before, ECONNRESET or EBADMSG when the other side sends none.
   */
  readonly fd: Promise<number>
}

/** Listens at `path` (at most 107 bytes, must not exist). Disposing stops waiting and removes the socket. */
export function listenForFd(path: string): FdReceiver {
  const listener = addon().listenUnix(path)
  let fd: Promise<number>
  try {
    fd = addon().receiveFd(listener)
  } catch (error) {
    addon().close(listener)
    throw error
  }
  const settled = fd.then(
    () => {},
    () => {},
  )
  return {
    fd,
    async [Symbol.asyncDispose]() {
      addon().shutdownSocket(listener)
      await settled
      addon().close(listener)
      try {
        await unlink(path)
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error
      }
    },
  }
}
