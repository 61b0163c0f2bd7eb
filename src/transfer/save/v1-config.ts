import { type ChainID, chainIDs, type DiffID, type Digest, digestOf, hexOf } from '../../oci/index.ts'
import { goJSON, goMap, goObject } from './go-json.ts'

/**
 * The documents that images had before they had configs (one a layer, naming its parent), which Docker still puts into
 * what it saves. Written as Go's encoder writes the structures that Docker reads the config into, so that the bytes, and
 * with them the names, are Docker's.
 */
type JSONObject = Readonly<Record<string, unknown>>
/** Members in their order: key and encoded value. */
type Members = (readonly [key: string, value: string])[]

const EPOCH = '1970-01-01T00:00:00Z'

/** How a member that says nothing is written: as it is, as this value, or not at all. */
const LEFT_OUT = Symbol('left out')
type Field = readonly [key: string, zero: unknown]

const healthcheckFields: readonly Field[] = [
  ['Test', LEFT_OUT],
  ['Interval', LEFT_OUT],
  ['Timeout', LEFT_OUT],
  ['StartPeriod', LEFT_OUT],
  ['StartInterval', LEFT_OUT],
  ['Retries', LEFT_OUT],
]

const configFields: readonly Field[] = [
  ['Hostname', ''],
  ['Domainname', ''],
  ['User', ''],
  ['AttachStdin', false],
  ['AttachStdout', false],
  ['AttachStderr', false],
  ['ExposedPorts', LEFT_OUT],
  ['Tty', false],
  ['OpenStdin', false],
  ['StdinOnce', false],
  ['Env', null],
  ['Cmd', null],
  ['Healthcheck', LEFT_OUT],
  ['ArgsEscaped', LEFT_OUT],
  ['Image', ''],
  ['Volumes', null],
  ['WorkingDir', ''],
  ['Entrypoint', null],
  ['NetworkDisabled', LEFT_OUT],
  ['MacAddress', LEFT_OUT],
  ['OnBuild', null],
  ['Labels', null],
  ['StopSignal', LEFT_OUT],
  ['StopTimeout', LEFT_OUT],
  ['Shell', LEFT_OUT],
]

/**
 * The documents of an image's layers, lowest first.
 * @param config the bytes of its config, known to be one.
 */
export function v1Configs(config: Uint8Array, layers: readonly DiffID[]): Buffer[] {
  const image = objectOf(JSON.parse(Buffer.from(config).toString('utf8')))
  const os = typeof image.os === 'string' && image.os !== '' ? image.os : 'linux'
  const documents: Buffer[] = []
  let parent: Digest | undefined
  for (const [position, chain] of chainIDs(layers).entries()) {
    const members = position === layers.length - 1 ? topMembers(image) : lowerMembers()
    const id = v1ID(members, chain, parent)
    const whole = new Map(members)
    whole.set('os', goJSON(os))
    const head: Members = [['id', goJSON(hexOf(id))]]
    if (parent) head.push(['parent', goJSON(hexOf(parent))])
    documents.push(Buffer.from(goObject([...head, ...whole])))
    parent = id
  }
  return documents
}

function v1ID(members: Members, chain: ChainID, parent: Digest | undefined): Digest {
  const all: Members = [...members, ['layer_id', goJSON(chain)]]
  if (parent) all.push(['parent', goJSON(parent)])
  return digestOf(goMap(all))
}

function lowerMembers(): Members {
  return [
    ['created', goJSON(EPOCH)],
    ['container_config', goObject(fieldsOf({}, configFields))],
  ]
}

function topMembers(image: JSONObject): Members {
  const members: Members = []
  const text = (key: string) => {
    if (typeof image[key] === 'string' && image[key] !== '') members.push([key, goJSON(image[key])])
  }
  text('comment')
  members.push(['created', goJSON(typeof image.created === 'string' ? goTime(image.created) : null)])
  text('container')
  members.push(['container_config', goObject(fieldsOf(objectOf(image.container_config), configFields))])
  text('docker_version')
  text('author')
  if (image.config) members.push(['config', goObject(fieldsOf(objectOf(image.config), configFields))])
  for (const key of ['architecture', 'variant', 'os']) text(key)
  return members
}

function fieldsOf(object: JSONObject, fields: readonly Field[]): Members {
  const members: Members = []
  for (const [key, zero] of fields) {
    const value = object[key] ?? zero
    if (value === LEFT_OUT || (zero === LEFT_OUT && isZero(value))) continue
    if (key === 'Healthcheck') members.push([key, goObject(fieldsOf(objectOf(value), healthcheckFields))])
    else members.push([key, encoded(value)])
  }
  return members
}

function isZero(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  return value === '' || value === 0 || value === false || (typeof value === 'object' && !hasKeys(value))
}

function hasKeys(value: object | null): boolean {
  return value !== null && Object.keys(value).length > 0
}

/** RFC 3339 without needless zeros at the end of the second's fraction. */
function goTime(text: string): string {
  return text.replace(/\.(\d*?)0*(?=Z|[+-])/, (_, digits: string) => (digits === '' ? '' : `.${digits}`))
}

function objectOf(value: unknown): JSONObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JSONObject) : {}
}

/** Objects within the structures are maps. */
function encoded(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return goJSON(value)
  return goMap(Object.entries(value).map(([key, each]) => [key, goJSON(each)] as const))
}
