import type { ContainerConfig } from '../apitypes/index.ts'
import { StrataError } from '../std/index.ts'
import type { Container, ContainerRecord } from './container.ts'
import type { EngineContext } from './context.ts'
import { splitPort } from './ports.ts'

/** Another container that one knows by a name of its own, as `--link` has it. */
export interface Link {
  readonly alias: string
  readonly peer: Container
}

/**
 * What is kept of `--link` values: `<ID>:<alias>`, whatever the other container will be named. Throws Docker's texts for those
 * that are none.
 */
export function keptLinks(context: EngineContext, links: readonly string[]): string[] {
  return links.flatMap(link => {
    const { name, alias } = parseLink(link)
    try {
      const { id } = context.containers.find(name)
      return alias === '' ? [] : [`${id}:${alias}`]
    } catch (error) {
      const text = error instanceof StrataError ? error.message : String(error)
      throw new StrataError('invalid_argument', `could not get container for ${name}: ${text}`, { cause: error })
    }
  })
}

/** `name`, `name:alias`, or as inspect shows one: `/name:/own-name/alias`. Throws `internal`, as dockerd does. */
export function parseLink(text: string): { readonly name: string; readonly alias: string } {
  if (text === '') throw new StrataError('internal', 'empty string specified for links')
  const [name = '', alias = name, ...rest] = text.split(':')
  if (rest.length > 0) throw new StrataError('internal', `bad format for links: ${text}`)
  if (!alias.startsWith('/') || alias === name) return { name, alias }
  return { name: name.slice(1), alias: alias.slice(alias.lastIndexOf('/') + 1) }
}

/** The links of a container to those that are still there. */
export function linksOf(context: EngineContext, record: ContainerRecord): Link[] {
  const links = record.hostConfig.Links ?? []
  const all = links.length > 0 ? context.containers.all() : []
  return links.flatMap(link => {
    const { name, alias } = parseLink(link)
    const peer = all.find(({ id }) => id === name) ?? context.containers.named(name)
    return peer ? [{ alias, peer }] : []
  })
}

/** Lines for the hosts file, `names:address`. Throws `internal` for a container that doesn't run. */
export function linkedHosts(record: ContainerRecord, links: readonly Link[]): string[] {
  return links.map(({ alias, peer }) => {
    const { name, config, endpoint } = peer.record
    if (!peer.running || !endpoint) {
      throw new StrataError('internal', `Cannot link to a non running container: /${name} AS /${record.name}/${alias}`)
    }
    return `${[alias, config.Hostname, ...(alias === name ? [] : [name])].join(' ')}:${endpoint.address}`
  })
}

/** The variables by which a program finds what it is linked to. */
export function linkVariables(record: ContainerRecord, links: readonly Link[]): string[] {
  return links.flatMap(({ alias, peer: { record: peer } }) => {
    const prefix = alias.replaceAll('-', '_').toUpperCase()
    const address = peer.endpoint?.address ?? ''
    return [
      ...portVariables(prefix, address, exposedPorts(peer.config)),
      `${prefix}_NAME=/${record.name}/${alias}`,
      ...inherited(peer.config.Env ?? []).map(variable => `${prefix}_ENV_${variable}`),
    ]
  })
}

interface ExposedPort {
  readonly port: string
  readonly protocol: string
}

/** tcp before all others, small numbers before large ones. */
function exposedPorts({ ExposedPorts }: ContainerConfig): ExposedPort[] {
  const ports = Object.keys(ExposedPorts ?? {}).map(text => {
    const { number, protocol } = splitPort(text)
    return { port: number, protocol }
  })
  const rank = ({ protocol }: ExposedPort) => (protocol === 'tcp' ? 0 : 1)
  return ports.sort((a, b) => rank(a) - rank(b) || Number(a.port) - Number(b.port))
}

function portVariables(prefix: string, address: string, ports: readonly ExposedPort[]): string[] {
  const url = ({ port, protocol }: ExposedPort) => `${protocol}://${address}:${port}`
  const [first] = ports
  return [
    ...(first ? [`${prefix}_PORT=${url(first)}`] : []),
    ...ports.flatMap(each => {
      const name = `${prefix}_PORT_${each.port}_${each.protocol.toUpperCase()}`
      return [
        `${name}=${url(each)}`,
        `${name}_ADDR=${address}`,
        `${name}_PORT=${each.port}`,
        `${name}_PROTO=${each.protocol}`,
      ]
    }),
  ]
}

/** The other container's own variables, without those that every container has. */
function inherited(variables: readonly string[]): string[] {
  return variables.filter(variable => /^[^=]+=/.test(variable) && !/^(HOME|PATH)=/.test(variable))
}
