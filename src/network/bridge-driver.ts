import { randomBytes } from 'node:crypto'
import { KeyedLock, type Logger, messageOf, StrataError } from '../std/index.ts'
import { AddressPool } from './address-pool.ts'
import { ensureForwardRules, removeForwardRules } from './forward-rules.ts'
import { formatSubnet, parseAddress, parseSubnet, type Subnet } from './ipv4.ts'
import {
  bridgeAddress,
  cutVeth,
  deleteDeadVeths,
  deleteLink,
  groupsOf,
  joinBridge,
  type LinkScope,
  liveVeths,
  makeBridge,
  makeVeth,
  usedSubnets,
} from './links.ts'
import { hasNatTable, publishPorts, removeNatTable, withdrawPorts, writeNatTable } from './nat-rules.ts'
import type { AttachOptions, Endpoint, NetworkDriver, NetworkInfo } from './network.ts'
import { PortReservations } from './port-reservations.ts'
import { chooseSubnet } from './subnet-choice.ts'

export interface BridgeDriverOptions {
  /** Name of the bridge interface, at most 15 characters. */
  readonly name: string
  readonly networkId: string
  /** Name of the nftables table; it marks everything else of this instance too. Letters, digits and `_`. */
  readonly table: string
  /**
   * As `10.1.0.0/16`; with the address of a host (`10.1.0.9/16`), that one is the gateway, else the first. Absent: that of
   * the bridge when it exists, else the first of Docker's pools that is free.
   */
  readonly subnet?: string
  readonly log: Logger
}

/** Everything that is known once the bridge is there. */
interface Running {
  readonly subnet: Subnet
  readonly pool: AddressPool
  readonly bridgeIndex: number
}

/** How long rules are trusted before an attach looks at them again, in milliseconds. */
const rulesTrusted = 1000
/** How long a veth pair that was cut off may wait for its namespace to go, which takes it along, in milliseconds. */
const reapAfter = 1000

/**
 * The network driver that joins sandboxes by a bridge and leads them out by address translation (IPv4).
 *
 * State is in the kernel and in the endpoints that the engine keeps; this object only remembers them.
 */
export function createBridgeDriver(options: BridgeDriverOptions): NetworkDriver {
  return new BridgeDriver(options)
}

class BridgeDriver implements NetworkDriver {
  readonly name = 'bridge'
  readonly networkId: string
  readonly #options: BridgeDriverOptions
  readonly #links: LinkScope
  readonly #endpoints = new Map<string, Endpoint>()
  readonly #ports = new PortReservations()
  readonly #locks = new KeyedLock()
  #running: Promise<Running> | undefined
  #rulesSeen = Number.NEGATIVE_INFINITY
  #reaping: NodeJS.Timeout | undefined

  constructor(options: BridgeDriverOptions) {
    if (!/^[A-Za-z0-9_.-]{1,15}$/.test(options.name)) {
      throw new StrataError('invalid_argument', `invalid bridge name: ${JSON.stringify(options.name)}`)
    }
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(options.table)) {
      throw new StrataError('invalid_argument', `invalid table name: ${JSON.stringify(options.table)}`)
    }
    this.#options = options
    this.networkId = options.networkId
    this.#links = { bridge: options.name, ...groupsOf(options.table) }
  }

  async start(): Promise<NetworkInfo> {
    const { subnet, pool } = await this.#start()
    return { subnet: formatSubnet(subnet), gateway: pool.gateway, bridge: this.#options.name }
  }

  async attach(options: AttachOptions): Promise<Endpoint> {
    using _ = await this.#locks.acquire(options.sandboxId)
    if (this.#endpoints.has(options.sandboxId)) {
      throw new StrataError('already_exists', `sandbox ${options.sandboxId} is attached already`)
    }
    const { pool, subnet, bridgeIndex } = await this.#start()
    const endpointId = randomBytes(32).toString('hex')
    const address = pool.acquire()
    const endpoint: Endpoint = {
      endpointId,
      networkId: this.#options.networkId,
      address,
      prefixLength: subnet.prefixLength,
      gateway: pool.gateway,
      macAddress: options.macAddress ?? macAddressOf(address),
      hostInterface: `veth${endpointId.slice(0, 7)}`,
      ports: [],
    }
    try {
      const ports = await this.#reserve(endpoint, options)
      const whole = { ...endpoint, ports }
      this.#endpoints.set(options.sandboxId, whole)
      await settleAll([
        makeVeth(this.#links, bridgeIndex, { ...whole, sandboxPath: options.sandboxPath }),
        this.#publish(whole),
      ])
      return whole
    } catch (error) {
      this.#endpoints.set(options.sandboxId, this.#endpoints.get(options.sandboxId) ?? endpoint)
      await this.#takeDown(options.sandboxId)
      throw error
    }
  }

  async detach(sandboxId: string): Promise<void> {
    using _ = await this.#locks.acquire(sandboxId)
    await this.#takeDown(sandboxId)
  }

  async recover(endpoints: ReadonlyMap<string, Endpoint>): Promise<void> {
    const { pool, bridgeIndex } = await this.#start()
    for (const [sandboxId, endpoint] of endpoints) {
      if (this.#endpoints.has(sandboxId)) continue
      this.#endpoints.set(sandboxId, endpoint)
      if (!pool.take(endpoint.address)) {
        this.#options.log.warn(
          { sandboxId, address: endpoint.address },
          'an address is used twice or of another subnet',
        )
      }
      for (const port of await this.#ports.retake(endpoint.ports, endpoint.address)) {
        this.#options.log.warn({ sandboxId, port }, 'another program has taken a published port')
      }
    }
    for (const sandboxId of this.#endpoints.keys()) if (!endpoints.has(sandboxId)) await this.detach(sandboxId)

    const wanted = new Set(this.#endpoints.values().map(({ hostInterface }) => hostInterface))
    const found = await liveVeths(this.#links)
    for (const name of found) if (!wanted.has(name)) await cutVeth(this.#links, name)
    for (const name of found) if (wanted.has(name)) await joinBridge(this.#links, bridgeIndex, name)
    for (const name of wanted) {
      if (!found.includes(name)) this.#options.log.warn({ interface: name }, 'the interface of a container is gone')
    }
    await deleteDeadVeths(this.#links)
    await this.#writeRules()
    await this.#letForwarded()
  }

  async destroy(): Promise<void> {
    await this.#running?.catch(() => {})
    this.#running = undefined
    this.#rulesSeen = Number.NEGATIVE_INFINITY
    for (const name of await liveVeths(this.#links)) await cutVeth(this.#links, name)
    await this.close()
    await deleteLink(this.#options.name)
    await removeNatTable(this.#options.table)
    await removeForwardRules({ bridge: this.#options.name, comment: this.#options.table })
    this.#endpoints.clear()
  }

  async close(): Promise<void> {
    clearTimeout(this.#reaping)
    this.#reaping = undefined
    this.#ports.releaseAll()
    await deleteDeadVeths(this.#links)
  }

  #start(): Promise<Running> {
    this.#running ??= this.#makeNetwork().catch((error: unknown) => {
      this.#running = undefined
      throw error
    })
    return this.#running
  }

  async #makeNetwork(): Promise<Running> {
    const { subnet, gateway } = await this.#subnet()
    const pool = new AddressPool(subnet, gateway)
    const bridgeIndex = await makeBridge(this.#options.name, pool.gateway, subnet.prefixLength)
    // The ports of containers that run are in the table that a former life left behind: not to be lost before recover.
    if (!(await hasNatTable(this.#options.table))) await writeNatTable(this.#scope(subnet), [])
    await this.#letForwarded()
    this.#rulesSeen = performance.now()
    return { subnet, pool, bridgeIndex }
  }

  async #subnet(): Promise<{ subnet: Subnet; gateway?: number }> {
    const text = this.#options.subnet ?? (await bridgeAddress(this.#options.name))
    if (text === undefined) return { subnet: chooseSubnet(await usedSubnets()) }
    const subnet = parseSubnet(text)
    if (!subnet || subnet.prefixLength < 8 || subnet.prefixLength > 29) {
      throw new StrataError('invalid_argument', `invalid subnet: ${text}`)
    }
    const address = parseAddress(text.split('/')[0]!)!
    return address === subnet.base ? { subnet } : { subnet, gateway: address }
  }

  async #reserve(endpoint: Endpoint, { ports, endpointName }: AttachOptions) {
    if (ports.length === 0) return []
    try {
      return await this.#ports.reserve(ports, endpoint.address)
    } catch (error) {
      const where = `${endpointName ?? endpoint.endpointId.slice(0, 12)} (${endpoint.endpointId})`
      const text = `driver failed programming external connectivity on endpoint ${where}: ${messageOf(error)}`
      throw new StrataError(error instanceof StrataError ? error.code : 'internal', text, { cause: error })
    }
  }

  /** Publishes the endpoint's ports, and mends the rules where someone removed them. */
  async #publish(endpoint: Endpoint): Promise<void> {
    const { table } = this.#options
    const check = performance.now() - this.#rulesSeen > rulesTrusted
    if (check) this.#rulesSeen = performance.now()
    await settleAll([
      check ? this.#letForwarded() : undefined,
      endpoint.ports.length > 0
        ? publishPorts(table, endpoint).then(done => (done ? undefined : this.#writeRules()))
        : check && hasNatTable(table).then(there => (there ? undefined : this.#writeRules())),
    ])
  }

  async #takeDown(sandboxId: string): Promise<void> {
    const endpoint = this.#endpoints.get(sandboxId)
    if (!endpoint) return
    this.#endpoints.delete(sandboxId)
    await settleAll([cutVeth(this.#links, endpoint.hostInterface), this.#withdraw(endpoint)])
    const { pool } = await this.#start()
    pool.release(endpoint.address)
    this.#reaping ??= setTimeout(() => {
      this.#reaping = undefined
      void deleteDeadVeths(this.#links).catch((error: unknown) => this.#options.log.warn({ error }, 'deleting veths'))
    }, reapAfter).unref()
  }

  async #withdraw(endpoint: Endpoint): Promise<void> {
    if (endpoint.ports.length === 0) return
    // The rules go first: a reservation that is given back early could be another program's that nobody reaches.
    if (!(await withdrawPorts(this.#options.table, endpoint))) await this.#writeRules()
    this.#ports.release(endpoint.ports)
  }

  async #writeRules(): Promise<void> {
    const { subnet } = await this.#start()
    using _ = await this.#locks.acquire('\0rules')
    await writeNatTable(this.#scope(subnet), this.#endpoints.values())
  }

  async #letForwarded(): Promise<void> {
    using _ = await this.#locks.acquire('\0forward')
    await ensureForwardRules({ bridge: this.#options.name, comment: this.#options.table })
  }

  #scope(subnet: Subnet) {
    return { table: this.#options.table, bridge: this.#options.name, subnet }
  }
}

/** A locally administered address that the IP address determines, so that a reused address needs no new ARP. */
function macAddressOf(address: string): string {
  const hex = parseAddress(address)!.toString(16).padStart(8, '0')
  return `02:42:${hex.match(/../g)!.join(':')}`
}

/** Waits for all, failed or not, before it throws the first failure: nothing goes on behind the caller's back. */
async function settleAll(work: readonly unknown[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason
}
