import { createSocket } from 'node:dgram'
import { connect, isIPv6 } from 'node:net'

/** What the server of peer.ts at this address answers; rejects when nothing comes within `patience` milliseconds. */
export function ask(protocol: 'tcp' | 'udp', host: string, port: number, patience = 30_000): Promise<string> {
  return protocol === 'tcp' ? askTcp(host, port, patience) : askUdp(host, port, patience)
}

function askTcp(host: string, port: number, patience: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let text = ''
  const socket = connect(port, host)
  socket.setTimeout(patience, () => socket.destroy(new Error(`${host}:${port}: no answer`)))
  socket.on('data', chunk => {
    text += chunk
  })
  socket.on('error', reject)
  socket.on('end', () => (text ? resolve(text) : reject(new Error(`${host}:${port}: closed without an answer`))))
  return promise
}

function askUdp(host: string, port: number, patience: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  const timer = setTimeout(() => socket.close(() => reject(new Error(`${host}:${port}/udp: no answer`))), patience)
  socket.on('message', answer => {
    clearTimeout(timer)
    socket.close(() => resolve(String(answer)))
  })
  socket.on('error', reject)
  socket.send('?', port, host)
  return promise
}
