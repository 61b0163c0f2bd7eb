import { badDockerfile } from './error.ts'

const PROTOCOLS = new Set(['tcp', 'udp', 'sctp'])

/**
 * What port specifications (`80`, `80/udp`, `8000-8010`, `8080:80`) expose, as a config has it: ports of the host say
 * nothing about an image. Throws `invalid_argument` with Docker's texts.
 */
export function exposedPorts(specifications: readonly string[]): Record<string, object> {
  return Object.fromEntries(specifications.flatMap(portsOf).map(port => [port, {}]))
}

function portsOf(specification: string): string[] {
  const parts = specification.split(':')
  const container = parts.pop()!
  const host = parts.pop() ?? ''
  const [range = '', named] = container.split('/', 2)
  const protocol = named || 'tcp'
  if (range === '') throw badDockerfile(`No port specified: ${specification}<empty>`)
  const [start, end] = rangeOf(range, `Invalid containerPort: ${range}`)
  if (host !== '') checkHost(host, end - start, range)
  if (!PROTOCOLS.has(protocol.toLowerCase())) throw badDockerfile(`Invalid proto: ${protocol}`)
  return Array.from({ length: end - start + 1 }, (_, at) => `${start + at}/${protocol.toLowerCase()}`)
}

function checkHost(host: string, length: number, container: string): void {
  const [start, end] = rangeOf(host, `Invalid hostPort: ${host}`)
  if (end - start === length || length === 0) return
  throw badDockerfile(`Invalid ranges specified for container and host Ports: ${container} and ${host}`)
}

function rangeOf(text: string, message: string): [start: number, end: number] {
  const [, first = '', last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? []
  const range: [number, number] = [Number(first), Number(last)]
  if (first === '' || range[0] > 65_535 || range[1] > 65_535 || range[1] < range[0]) throw badDockerfile(message)
  return range
}
