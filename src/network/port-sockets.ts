import { createSocket, type Socket as DatagramSocket, type RemoteInfo } from 'node:dgram'
import { connect, createServer, isIPv6, type Socket } from 'node:net'
import type { PublishedPort } from './network.ts'

/** How long a client of a relayed UDP port may be silent before its way back is forgotten, in milliseconds, as Docker's. */
const udpSilence = 90_000

/**
 * Binds a published port on the host, so that no other program can have it. At an IPv4 address nothing ever arrives at
 * the socket, since the kernel translates addresses before; what comes while its rules are missing is refused. At an IPv6
 * address, from where there is no translation to a container's IPv4 address, the socket is a relay to `address`.
 *
 * Resolves with what gives the port back; rejects with the errno of bind(2).
 */
export function bindPort(port: PublishedPort, address: string): Promise<() => void> {
  return port.protocol === 'tcp' ? bindTcp(port, address) : bindUdp(port, address)
}

function bindTcp({ hostIp, hostPort, containerPort }: PublishedPort, address: string): Promise<() => void> {
  const { promise, resolve, reject } = Promise.withResolvers<() => void>()
  const connections = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, client => {
    if (!isIPv6(hostIp)) {
      client.destroy()
      return
    }
    const inner = connect({ host: address, port: containerPort, allowHalfOpen: true })
    connections.add(client)
    client.on('close', () => connections.delete(client))
    for (const [from, to] of [[client, inner] as const, [inner, client] as const]) {
      from.on('error', () => to.destroy())
      from.pipe(to)
    }
  })
  server.once('error', reject)
  server.listen({ host: hostIp, port: hostPort, exclusive: true, ipv6Only: true }, () => {
    server.off('error', reject)
    server.on('error', () => {})
    server.unref()
    resolve(() => {
      server.close()
      for (const connection of connections) connection.destroy(new Error('the port is no longer published'))
    })
  })
  return promise
}

function bindUdp({ hostIp, hostPort, containerPort }: PublishedPort, address: string): Promise<() => void> {
  const { promise, resolve, reject } = Promise.withResolvers<() => void>()
  const type = isIPv6(hostIp) ? 'udp6' : 'udp4'
  const socket = createSocket({ type, reuseAddr: false, ipv6Only: type === 'udp6' })
  const ways = new Map<string, UdpWay>()
  if (type === 'udp6') {
    socket.on('message', (message, client) => {
      const key = `${client.address} ${client.port}`
      const way = ways.get(key) ?? openWay(socket, client, () => ways.delete(key))
      ways.set(key, way)
      way.send(message, containerPort, address)
    })
  }
  socket.once('error', reject)
  socket.bind({ address: hostIp, port: hostPort, exclusive: true }, () => {
    socket.off('error', reject)
    socket.on('error', () => {})
    socket.unref()
    resolve(() => {
      for (const way of ways.values()) way.close()
      socket.close()
    })
  })
  return promise
}

interface UdpWay {
  send(message: Uint8Array, port: number, address: string): void
  close(): void
}

/** A socket that speaks to the container in the name of one client. */
function openWay(outer: DatagramSocket, client: RemoteInfo, closed: () => void): UdpWay {
  const inner = createSocket('udp4').unref()
  const close = () => {
    clearTimeout(timer)
    closed()
    inner.close()
  }
  const timer = setTimeout(close, udpSilence).unref()
  inner.on('error', () => {}) // as lost datagrams are
  inner.on('message', answer => {
    timer.refresh()
    outer.send(answer, client.port, client.address)
  })
  return {
    send(message, port, address) {
      timer.refresh()
      inner.send(message, port, address)
    },
    close,
  }
}
