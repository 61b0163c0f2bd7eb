import type { ContainerConfig, HostConfig } from '../apitypes/index.ts'
import type { PortBinding } from '../network/index.ts'
import { StrataError } from '../std/index.ts'

/** Splits `80/tcp` (or `80`); throws Docker's text for what is no port. */
function parsePort(text: string): { port: number; protocol: 'tcp' | 'udp' } {
  const [number = '', protocol = 'tcp'] = text.split('/')
  const port = Number(number)
  if (!/^\d+$/.test(number) || port < 1 || port > 65535) {
    throw new StrataError('invalid_argument', `invalid port specification: "${number}"`)
  }
  if (protocol !== 'tcp' && protocol !== 'udp') {
    throw new StrataError('invalid_argument', `invalid proto: ${protocol}`)
  }
  return { port, protocol }
}

function parseHostPort(text: string): { hostPort?: number; hostPortEnd?: number } {
  if (text === '') return {}
  const match = /^(\d+)(?:-(\d+))?$/.exec(text)
  const start = Number(match?.[1])
  const end = match?.[2] === undefined ? start : Number(match[2])
  if (!match || start > 65535 || end > 65535 || end < start) {
    throw new StrataError('invalid_argument', `invalid port specification: "${text}"`)
  }
  return end === start ? { hostPort: start } : { hostPort: start, hostPortEnd: end }
}

/** The ports to publish: what `-p` names, and with `-P` every exposed port that it does not. */
export function portBindings(config: ContainerConfig, hostConfig: HostConfig): PortBinding[] {
  const result: PortBinding[] = []
  const named = new Set<string>()
  for (const [text, bindings] of Object.entries(hostConfig.PortBindings ?? {})) {
    const { port, protocol } = parsePort(text)
    named.add(`${port}/${protocol}`)
    for (const binding of bindings ?? []) {
      const host = parseHostPort(binding.HostPort)
      result.push({ protocol, containerPort: port, hostIp: binding.HostIp, ...host })
    }
  }
  if (hostConfig.PublishAllPorts) {
    for (const text of Object.keys(config.ExposedPorts ?? {})) {
      const { port, protocol } = parsePort(text)
      if (!named.has(`${port}/${protocol}`)) result.push({ protocol, containerPort: port })
    }
  }
  return result
}
