import { type Duplex, finished } from 'node:stream'

/** Milliseconds that a client gets to close its side after it has been sent everything. */
const limit = 5000

/**
 * Drops what the client still sends, until it has closed its side: closing a socket with unread input would reset the
 * connection, and the client could lose the end of what was sent to it. One that reads slowly may take its time. To be
 * called after `socket.end()`.
 */
export function linger(socket: Duplex): void {
  if (socket.destroyed) return
  socket.resume()
  finished(socket, { readable: false }, () => {
    if (socket.destroyed) return
    const timer = setTimeout(() => socket.destroy(), limit)
    timer.unref()
    socket.once('close', () => clearTimeout(timer))
  })
}
