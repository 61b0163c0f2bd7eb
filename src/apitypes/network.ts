/** `80/tcp` -> where it is published; `null` or an empty list: exposed only. */
export type PortMap = Readonly<Record<string, readonly PortBinding[] | null>>

export interface PortBinding {
  /** Empty: all addresses. */
  readonly HostIp: string
  /** A port or a range (`8000-8010`); empty: any free one. */
  readonly HostPort: string
}

/** A container's place in one network: the request (upper fields) and what came out (lower fields). */
export interface EndpointSettings {
  readonly IPAMConfig: EndpointIPAMConfig | null
  readonly Links: readonly string[] | null
  readonly Aliases: readonly string[] | null
  readonly MacAddress: string
  readonly DriverOpts: Readonly<Record<string, string>> | null
  readonly GwPriority: number
  readonly NetworkID: string
  readonly EndpointID: string
  readonly Gateway: string
  readonly IPAddress: string
  readonly IPPrefixLen: number
  readonly IPv6Gateway: string
  readonly GlobalIPv6Address: string
  readonly GlobalIPv6PrefixLen: number
  readonly DNSNames: readonly string[] | null
}

export interface EndpointIPAMConfig {
  readonly IPv4Address?: string
  readonly IPv6Address?: string
  readonly LinkLocalIPs?: readonly string[]
}

/** `NetworkSettings` of inspect. The fields from EndpointID to MacAddress repeat those of the default bridge. */
export interface NetworkSettings {
  readonly Bridge: string
  readonly SandboxID: string
  readonly SandboxKey: string
  readonly Ports: PortMap
  readonly HairpinMode: boolean
  readonly LinkLocalIPv6Address: string
  readonly LinkLocalIPv6PrefixLen: number
  readonly SecondaryIPAddresses: readonly { readonly Addr: string; readonly PrefixLen: number }[] | null
  readonly SecondaryIPv6Addresses: readonly { readonly Addr: string; readonly PrefixLen: number }[] | null
  readonly EndpointID: string
  readonly Gateway: string
  readonly GlobalIPv6Address: string
  readonly GlobalIPv6PrefixLen: number
  readonly IPAddress: string
  readonly IPPrefixLen: number
  readonly IPv6Gateway: string
  readonly MacAddress: string
  readonly Networks: Readonly<Record<string, EndpointSettings>>
}

/** A network, as `docker network inspect` shows it. */
export interface NetworkInspect {
  readonly Name: string
  readonly Id: string
  /** RFC 3339 with nanoseconds. */
  readonly Created: string
  readonly Scope: 'local'
  readonly Driver: string
  readonly EnableIPv4: boolean
  readonly EnableIPv6: boolean
  readonly IPAM: {
    readonly Driver: string
    readonly Options: Readonly<Record<string, string>> | null
    readonly Config: readonly { readonly Subnet: string; readonly Gateway: string }[] | null
  }
  readonly Internal: boolean
  readonly Attachable: boolean
  readonly Ingress: boolean
  readonly ConfigFrom: { readonly Network: string }
  readonly ConfigOnly: boolean
  /** Endpoints of running containers by container ID; lists leave them out. */
  readonly Containers: Readonly<Record<string, NetworkMember>>
  readonly Options: Readonly<Record<string, string>>
  readonly Labels: Readonly<Record<string, string>>
}

/** A container's endpoint as its network shows it. */
export interface NetworkMember {
  /** The container's name, without the slash. */
  readonly Name: string
  readonly EndpointID: string
  readonly MacAddress: string
  /** With the prefix length: `172.17.0.2/16`; empty where there is none. */
  readonly IPv4Address: string
  readonly IPv6Address: string
}
