import { readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { errnoOf, isStrataError, StrataError } from '../std/index.ts'
import type { PortBinding, PublishedPort } from './network.ts'
import { bindPort } from './port-sockets.ts'

interface Reservation {
  readonly port: PublishedPort
  /** Undefined when another program had the port already as we came back to it. */
  readonly close: (() => void) | undefined
}

const anyAddress = '0.0.0.0'
const anyAddress6 = '::'

/** What the C library says for the errors that bind(2) has in practice. */
const bindErrors: Readonly<Record<string, string>> = {
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EACCES: 'permission denied',
}

/**
 * Ports of the host that are spoken for. Published ports are a matter of the kernel's address translation, where
 * nobody would notice two users of one port; so each is held by a real socket.
 */
export class PortReservations {
  readonly #held = new Map<string, Reservation>()
  /** Last port chosen, by protocol: the search for a free one goes on behind it, as Docker's does. */
  readonly #last = new Map<string, number>()
  #ephemeral: Promise<readonly [first: number, last: number]> | undefined

  /**
   * Reserves what `bindings` ask for, all or nothing. Throws (`internal`, as Docker's API says 500) Docker's text for
   * a port that is taken; `address` is the container's. What is asked for all addresses is published at `0.0.0.0` and,
   * where the host has IPv6, at `::` with the same number.
   */
  async reserve(bindings: readonly PortBinding[], address: string): Promise<PublishedPort[]> {
    const ports: PublishedPort[] = []
    try {
      for (const binding of bindings) ports.push(...(await this.#reserveOne(binding, address)))
    } catch (error) {
      this.release(ports)
      throw error
    }
    return ports
  }

  /** Takes ports that are published already. Resolves with those that another program holds by now. */
  async retake(ports: readonly PublishedPort[], address: string): Promise<PublishedPort[]> {
    const lost: PublishedPort[] = []
    for (const port of ports) {
      if (this.#held.has(keyOf(port))) continue
      try {
        await this.#hold(port, address)
      } catch {
        this.#held.set(keyOf(port), { port, close: undefined })
        lost.push(port)
      }
    }
    return lost
  }

  release(ports: readonly PublishedPort[]): void {
    for (const port of ports) {
      this.#held.get(keyOf(port))?.close?.()
      this.#held.delete(keyOf(port))
    }
  }

  releaseAll(): void {
    this.release([...this.#held.values()].map(reservation => reservation.port))
  }

  async #reserveOne(binding: PortBinding, address: string): Promise<PublishedPort[]> {
    const { protocol, containerPort } = binding
    const addresses = binding.hostIp ? [binding.hostIp] : (await hasIPv6()) ? [anyAddress, anyAddress6] : [anyAddress]
    let failure = new StrataError('internal', 'all ports are allocated')
    for (const hostPort of await this.#candidates(binding)) {
      const ports = addresses.map((hostIp): PublishedPort => ({ protocol, containerPort, hostIp, hostPort }))
      const holder = ports.map(port => this.#holderOf(port)).find(found => found !== undefined)
      if (holder) {
        if (!isExact(binding)) continue
        // Docker names the address that the holder has it at, which may be another than the one asked for.
        const where = `${holder.hostIp}:${hostPort}`
        throw new StrataError('internal', `Bind for ${where} failed: port is already allocated`)
      }
      try {
        await this.#holdAll(ports, address)
      } catch (error) {
        if (!isStrataError(error)) throw error
        failure = error
        if (errnoOf(error.cause) !== 'EADDRINUSE') throw failure
        continue
      }
      if (!binding.hostPort) this.#last.set(protocol, hostPort)
      return ports
    }
    throw failure
  }

  /** All of them or none; the error of one that can't be bound is of Docker's words, its cause that of bind(2). */
  async #holdAll(ports: readonly PublishedPort[], address: string): Promise<void> {
    for (const [index, port] of ports.entries()) {
      try {
        await this.#hold(port, address)
      } catch (error) {
        this.release(ports.slice(0, index))
        const reason = bindErrors[errnoOf(error) ?? ''] ?? String(error)
        const host = isIPv6(port.hostIp) ? `[${port.hostIp}]` : port.hostIp
        const where = `${host}:${port.hostPort}:${address}:${port.containerPort}/${port.protocol}`
        throw new StrataError('internal', `failed to bind host port for ${where}: ${reason}`, { cause: error })
      }
    }
  }

  async #candidates(binding: PortBinding): Promise<Iterable<number>> {
    if (binding.hostPort) return range(binding.hostPort, binding.hostPortEnd || binding.hostPort)
    this.#ephemeral ??= ephemeralRange()
    const [first, last] = await this.#ephemeral
    const next = (this.#last.get(binding.protocol) ?? first - 1) + 1
    return [...range(next, last), ...range(first, Math.min(next - 1, last))]
  }

  #holderOf(port: PublishedPort): PublishedPort | undefined {
    const six = isIPv6(port.hostIp)
    const any = six ? anyAddress6 : anyAddress
    const same = this.#held.get(keyOf(port)) ?? this.#held.get(keyOf({ ...port, hostIp: any }))
    if (same || port.hostIp !== any) return same?.port
    const all = this.#held.values().map(({ port: other }) => other)
    return all.find(
      ({ protocol, hostPort, hostIp }) =>
        protocol === port.protocol && hostPort === port.hostPort && isIPv6(hostIp) === six,
    )
  }

  async #hold(port: PublishedPort, address: string): Promise<void> {
    const claim: Reservation = { port, close: undefined }
    this.#held.set(keyOf(port), claim) // before the first wait, so that nobody else takes it for free
    try {
      const close = await bindPort(port, address)
      if (this.#held.get(keyOf(port)) === claim) this.#held.set(keyOf(port), { port, close })
      else close()
    } catch (error) {
      this.#held.delete(keyOf(port))
      throw error
    }
  }
}

function keyOf({ protocol, hostIp, hostPort }: PublishedPort): string {
  return `${protocol}/${hostIp}/${hostPort}`
}

function isExact({ hostPort, hostPortEnd }: PortBinding): boolean {
  return !!hostPort && (!hostPortEnd || hostPortEnd === hostPort)
}

function* range(first: number, last: number): Generator<number> {
  for (let port = first; port <= last; port++) yield port
}

/** The kernel's range for ports that nobody asked for by number, which Docker uses too. */
async function ephemeralRange(): Promise<readonly [number, number]> {
  const text = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '')
  const [first, last] = text.trim().split(/\s+/).map(Number)
  return first && last && first <= last ? [first, last] : [32768, 60999]
}

async function hasIPv6(): Promise<boolean> {
  const addresses = await readFile('/proc/net/if_inet6', 'utf8').catch(() => '')
  return addresses !== ''
}
