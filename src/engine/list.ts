import type { ContainerSummary, Filters, Port } from '../apitypes/index.ts'
import type { Digest } from '../oci/index.ts'
import { isStrataError, StrataError } from '../std/index.ts'
import type { Container, ContainerRecord } from './container.ts'
import type { EngineContext } from './context.ts'
import { imagesNamed } from './images/held.ts'
import { apiMount, networks, sizes } from './inspect.ts'
import { statusOf, statusText } from './status-text.ts'

export interface ListRequest {
  readonly all: boolean
  readonly limit: number
  readonly size: boolean
  readonly filters: Filters
}

/** Containers, newest first, as `docker ps` shows them. */
export async function listContainers(context: EngineContext, request: ListRequest): Promise<ContainerSummary[]> {
  const tests = filterTests(context, request.filters)
  const all = request.all || request.limit > 0 || request.filters.has('status') || request.filters.has('exited')
  let found = context.containers
    .all()
    .filter(container => all || container.running || container.record.state.restarting)
  found = found.filter(container => tests.every(test => test(container)))
  if (request.limit > 0) found = found.slice(0, request.limit)
  const now = new Date()
  return Promise.all(found.map(container => summary(context, container.record, { now, size: request.size })))
}

async function summary(
  context: EngineContext,
  record: ContainerRecord,
  { now, size }: { readonly now: Date; readonly size: boolean },
): Promise<ContainerSummary> {
  const mode = record.hostConfig.NetworkMode
  return {
    Id: record.id,
    Names: [`/${record.name}`],
    Image: shownImage(context, record),
    ImageID: record.image,
    Command: commandText(record),
    Created: Math.floor(Date.parse(record.created) / 1000),
    Ports: ports(record),
    ...(size ? withoutZeros(await sizes(context, record)) : {}),
    Labels: record.config.Labels ?? {},
    State: statusOf(record.state),
    Status: statusText(record.state, now),
    HostConfig: { NetworkMode: mode === '' || mode === 'default' ? 'bridge' : mode },
    NetworkSettings: { Networks: networks(context, record) },
    Mounts: record.mounts.map(apiMount),
  }
}

/** Sizes as lists have them. */
function withoutZeros({ SizeRw, SizeRootFs }: Awaited<ReturnType<typeof sizes>>) {
  return { ...(SizeRw > 0 && { SizeRw }), ...(SizeRootFs > 0 && { SizeRootFs }) }
}

/** The name that the user gave, while it still leads to the same image. */
function shownImage(context: EngineContext, record: ContainerRecord): string {
  return imagesIfAny(context, record.imageName).includes(record.image) ? record.imageName : record.image
}

/** The images that a name or an ID leads to. */
function imagesIfAny(context: EngineContext, text: string): readonly Digest[] {
  try {
    return imagesNamed(context, text)
  } catch (error) {
    if (isStrataError(error)) return []
    throw error
  }
}

/** Images, and all that were made of them. */
function withDescendants({ images }: EngineContext, ids: Iterable<Digest>): ReadonlySet<Digest> {
  const all = new Set(ids)
  for (const id of all) for (const child of images.children(id)) all.add(child)
  return all
}

function commandText(record: ContainerRecord): string {
  const words = [...(record.config.Entrypoint ?? []), ...(record.config.Cmd ?? [])]
  return words.map((word, i) => (i > 0 && word.includes(' ') ? `'${word}'` : word)).join(' ')
}

function ports(record: ContainerRecord): Port[] {
  if (record.state.status !== 'running') return []
  const published = (record.endpoint?.ports ?? []).map(
    (port): Port => ({
      IP: port.hostIp,
      PrivatePort: port.containerPort,
      PublicPort: port.hostPort,
      Type: port.protocol,
    }),
  )
  const exposed = Object.keys(record.config.ExposedPorts ?? {}).flatMap((text): Port[] => {
    const [number, type = 'tcp'] = text.split('/')
    const known = published.some(port => port.PrivatePort === Number(number) && port.Type === type)
    return known ? [] : [{ PrivatePort: Number(number), Type: type as Port['Type'] }]
  })
  return [...published, ...exposed]
}

type Test = (container: Container) => boolean

function filterTests(context: EngineContext, filters: Filters): Test[] {
  return [...filters].map(([key, values]): Test => {
    const any = (test: (value: string, record: ContainerRecord) => boolean): Test => {
      return ({ record }) => values.some(value => test(value, record))
    }
    switch (key) {
      case 'id':
        return any((value, record) => record.id.startsWith(value))
      case 'name': {
        const patterns = values.map(value => nameTest(value))
        return ({ record }) => patterns.some(test => test(record.name))
      }
      case 'status':
        return any((value, record) => statusOf(record.state) === checkedStatus(value))
      case 'exited':
        return any((value, record) => record.state.status === 'exited' && record.state.exitCode === Number(value))
      case 'label':
        return ({ record }) => values.every(value => hasLabel(record.config.Labels, value))
      case 'ancestor': {
        const ids = withDescendants(
          context,
          values.flatMap(value => imagesIfAny(context, value)),
        )
        return ({ record }) => ids.has(record.image)
      }
      case 'before':
      case 'since': {
        const than = context.containers.find(values[0] ?? '').record.created
        return ({ record }) => (key === 'before' ? record.created < than : record.created > than)
      }
      case 'network':
        return any((value, record) =>
          Object.entries(networks(context, record)).some(
            ([name, { NetworkID }]) => name === value || (NetworkID !== '' && NetworkID.startsWith(value)),
          ),
        )
      case 'volume':
        return any((value, record) => record.mounts.some(mount => mount.name === value || mount.destination === value))
      case 'publish':
      case 'expose':
        return any((value, record) => matchesPort(record, value, key === 'publish'))
      case 'health':
        return any(value => value === 'none')
      case 'is-task':
        return any(value => value === 'false' || value === '0')
      default:
        throw new StrataError('invalid_argument', `invalid filter '${key}'`)
    }
  })
}

/** Docker matches names by regular expression; one that could run for ever is refused by length, a bad one matches literally. */
function nameTest(value: string): (name: string) => boolean {
  const text = value.replace(/^\^?\//, start => (start.startsWith('^') ? '^' : ''))
  if (/^[\w.-]*$/.test(text)) return name => name.includes(text)
  if (/^\^[\w.-]+\$$/.test(text)) return name => name === text.slice(1, -1)
  try {
    if (text.length > 256) throw new Error('too long')
    const pattern = new RegExp(text)
    return name => pattern.test(name) || pattern.test(`/${name}`)
  } catch {
    return name => name.includes(value)
  }
}

const statuses = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']

function checkedStatus(value: string): string {
  if (statuses.includes(value)) return value
  const reason = `invalid value for state (${value}): must be one of ${statuses.join(', ')}`
  throw new StrataError('invalid_argument', `invalid filter 'status=${value}': ${reason}`)
}

/** `key` or `key=value`. */
export function hasLabel(labels: Readonly<Record<string, string>> | null, text: string): boolean {
  if (!labels) return false
  const at = text.indexOf('=')
  return at < 0 ? Object.hasOwn(labels, text) : labels[text.slice(0, at)] === text.slice(at + 1)
}

function matchesPort(record: ContainerRecord, value: string, published: boolean): boolean {
  const [range = '', protocol = 'tcp'] = value.split('/')
  const [start, end = start] = range.split('-').map(Number)
  return ports(record).some(port => {
    const number = published ? port.PublicPort : port.PrivatePort
    return port.Type === protocol && number !== undefined && number >= start! && number <= end!
  })
}
