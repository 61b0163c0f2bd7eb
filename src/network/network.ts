/**
 * Networks of containers. A *sandbox* is a network namespace, kept alive by a bind mount, that a container's processes
 * join; an *endpoint* is a sandbox's attachment to a network: interface, address, routes, published ports.
 *
 * Everything made here carries the instance's own names (bridge, nftables table, sandbox folder), survives the engine,
 * is found again by `recover`, and is gone after `detach`/`removeSandbox`.
 */
export interface NetworkDriver {
  readonly name: string
  /** 64 hexadecimal digits, the same after every start. */
  readonly networkId: string
  /** Makes the network itself, which `attach` and `recover` else do by the way. Idempotent. */
  start(): Promise<NetworkInfo>
  /**
   * Makes an endpoint in a sandbox, all or nothing. Throws Docker's text for a port that is taken, without the
   * "failed to set up container networking: " that Docker puts before it.
   */
  attach(options: AttachOptions): Promise<Endpoint>
  /** Gives back address, interface and published ports. Idempotent. */
  detach(sandboxId: string): Promise<void>
  /** After a restart: keeps what belongs to `endpoints`, removes everything else of this instance, mends rules that were lost. */
  recover(endpoints: ReadonlyMap<string, Endpoint>): Promise<void>
  /** Removes the bridge, the rules and everything else from the machine. */
  destroy(): Promise<void>
  /** Ends this object's own work and gives its sockets back; what it made stays. */
  close(): Promise<void>
}

export interface NetworkInfo {
  /** As `172.17.0.0/16`. */
  readonly subnet: string
  readonly gateway: string
  readonly bridge: string
}

export interface Sandboxes {
  /** Makes an empty network namespace with `lo` up; returns the path to join it by. */
  create(id: string): Promise<string>
  /** Idempotent. The namespace itself goes with the last process in it. */
  remove(id: string): Promise<void>
  list(): Promise<string[]>
}

export interface AttachOptions {
  readonly sandboxId: string
  readonly sandboxPath: string
  readonly ports: readonly PortBinding[]
  readonly macAddress?: string
  /** The container's name, for the text of errors. */
  readonly endpointName?: string
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
