import type { ContainerConfig, HostConfig, PortMap } from '../apitypes/index.ts'
import type { PortBinding } from '../network/index.ts'
import { StrataError } from '../std/index.ts'

const bad = (message: string) => new StrataError('invalid_argument', message)

/** `80/tcp`, `80/` and `80` taken apart as Docker does it. */
export function splitPort(text: string): { readonly number: string; readonly protocol: string } {
  const [number = '', protocol] = text.split('/')
  return { number, protocol: number === '' ? '' : protocol || 'tcp' }
}

/** A port; nothing at all is 0. Undefined for what is none. */
function portNumber(text: string): number | undefined {
  if (text === '') return 0
  return /^\d+$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined
}

/** A port of a host, or a range to take one from; what follows a slash says nothing. */
function parseHostPort(text: string): { hostPort?: number; hostPortEnd?: number } {
  const { number } = splitPort(text)
  const [first, last = first, ...rest] = number.split('-')
  const [start, end] = [portNumber(first!), portNumber(last!)]
  const range = number.includes('-')
  if (start === undefined || end === undefined || end < start || rest.length > 0 || (range && (!first || !last))) {
    throw bad(`invalid port specification: "${text}"`)
  }
  if (end === 0) return {}
  return end === start ? { hostPort: start } : { hostPort: start, hostPortEnd: end }
}

/** Refuses, in Docker's words, what can be no ports to publish, whether the container exposes them or not. */
export function checkPortBindings(bindings: PortMap): void {
  for (const [text, hostPorts] of Object.entries(bindings)) {
    const { number } = splitPort(text)
    if (portNumber(number) === undefined) throw bad(`invalid port specification: "${number}"`)
    for (const { HostPort } of hostPorts ?? []) parseHostPort(HostPort)
  }
}

/** What of the exposed ports is published: those that are bound, and with `-P` all others. Bindings of other ports do nothing. */
export function portBindings(config: ContainerConfig, hostConfig: HostConfig): PortBinding[] {
  return Object.keys(config.ExposedPorts ?? {}).flatMap(text => {
    const bindings = hostConfig.PortBindings?.[text] ?? []
    if (bindings.length === 0 && !hostConfig.PublishAllPorts) return []
    const port = { protocol: protocolOf(text), containerPort: portNumber(splitPort(text).number) ?? 0 }
    if (bindings.length === 0) return [port]
    return bindings.map(({ HostIp, HostPort }) => ({ ...port, hostIp: HostIp, ...parseHostPort(HostPort) }))
  })
}

function protocolOf(text: string): 'tcp' | 'udp' {
  const protocol = splitPort(text).protocol.toLowerCase()
  if (protocol !== 'tcp' && protocol !== 'udp') throw bad(`invalid proto: ${protocol}`)
  return protocol
}

/** How inspect names an exposed port of a running container, whatever was written. */
export function shownPort(text: string): string {
  const { number, protocol } = splitPort(text)
  const known = ['tcp', 'udp', 'sctp'].includes(protocol.toLowerCase())
  return `${portNumber(number) ?? 0}/${known ? protocol.toLowerCase() : '0'}`
}
