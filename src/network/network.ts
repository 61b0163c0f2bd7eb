/**
 * Networks of containers. A *sandbox* is a network namespace, kept alive by a bind mount, that a container's processes
 * join; an *endpoint* is a sandbox's attachment to a network: interface, address, routes, published ports.
 *
 * Everything made here carries the instance's own names (bridge, nftables table, sandbox folder), survives the engine,
 * is found again by `recover`, and is gone after `detach`/`removeSandbox`.
 */
export interface NetworkDriver {
  readonly name: string
  /** Makes an endpoint in a sandbox. Throws Docker's text for a port that is taken. */
  attach(options: AttachOptions): Promise<Endpoint>
  /** Gives back address, interface and published ports. Idempotent. */
  detach(sandboxId: string): Promise<void>
  /** After a restart: keeps what belongs to `endpoints`, removes everything else of this instance, mends rules that were lost. */
  recover(endpoints: ReadonlyMap<string, Endpoint>): Promise<void>
  /** Removes the bridge, the rules and everything else from the machine. */
  destroy(): Promise<void>
}

export interface Sandboxes {
  /** Makes an empty network namespace with `lo` up; returns the path to join it by. */
  create(id: string): Promise<string>
  remove(id: string): Promise<void>
  list(): Promise<string[]>
}

export interface AttachOptions {
  readonly sandboxId: string
  readonly sandboxPath: string
  readonly ports: readonly PortBinding[]
  readonly macAddress?: string
}

export interface PortBinding {
  readonly protocol: 'tcp' | 'udp'
  readonly containerPort: number
  /** Empty or absent: all addresses. */
  readonly hostIp?: string
  /** 0 or absent: a free one is chosen. An end given: the first free one of the range. */
  readonly hostPort?: number
  readonly hostPortEnd?: number
}

export interface PublishedPort {
  readonly protocol: 'tcp' | 'udp'
  readonly containerPort: number
  readonly hostIp: string
  readonly hostPort: number
}

/** A plain record: the engine keeps it with the container and hands it back to `recover`. */
export interface Endpoint {
  readonly endpointId: string
  readonly networkId: string
  readonly address: string
  readonly prefixLength: number
  readonly gateway: string
  readonly macAddress: string
  readonly hostInterface: string
  readonly ports: readonly PublishedPort[]
}
