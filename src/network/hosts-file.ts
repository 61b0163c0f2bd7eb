export interface HostsFileOptions {
  /** The container's own address; absent without a network of its own. */
  readonly address?: string
  readonly hostname: string
  readonly domainname?: string
  /** Further names of the own address. */
  readonly names?: readonly string[]
  /** `name:address` or `name=address`; the address `host-gateway` stands for `hostGateway`. */
  readonly extraHosts?: readonly string[]
  readonly hostGateway?: string
}

const loopbackLines = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::\tip6-localnet',
  'ff00::\tip6-mcastprefix',
  'ff02::1\tip6-allnodes',
  'ff02::2\tip6-allrouters',
]

/** The text of a container's /etc/hosts, line by line as dockerd 28 writes it. */
export function hostsFile(options: HostsFileOptions): string {
  const lines = [...loopbackLines]
  for (const entry of options.extraHosts ?? []) {
    const at = entry.search(/[:=]/)
    if (at < 0) continue
    const address = entry.slice(at + 1).replace(/^\[(.*)\]$/, '$1')
    const resolved = address === 'host-gateway' ? options.hostGateway : address
    if (resolved) lines.push(`${resolved}\t${entry.slice(0, at)}`)
  }
  if (options.address !== undefined) {
    const { hostname, domainname, names = [] } = options
    const full = domainname ? `${hostname}.${domainname}` : hostname
    const dot = full.indexOf('.')
    const own = dot < 0 ? [full] : [full, full.slice(0, dot)]
    lines.push(`${options.address}\t${[...own, ...names].join(' ')}`)
  }
  return `${lines.join('\n')}\n`
}
