import type { DiffID } from '../../oci/index.ts'
import { onlyValue } from './go-json.ts'
import {
  bool,
  type GoType,
  integer,
  mapOf,
  orOmitted,
  pointer,
  string,
  stringOrStrings,
  strings,
  struct,
  time,
} from './go-types.ts'
import { membersOf, type RawJSON, rawList, rawMap, rawObject, rawText } from './raw-json.ts'

const duration = orOmitted(integer('time.Duration'))
const emptyObject = struct('struct {}', {})

/** Docker's `container.Config`: fields in its order. */
const containerConfig = struct('container.Config', {
  Hostname: string,
  Domainname: string,
  User: string,
  AttachStdin: bool,
  AttachStdout: bool,
  AttachStderr: bool,
  ExposedPorts: orOmitted(mapOf('nat.PortSet', emptyObject)),
  Tty: bool,
  OpenStdin: bool,
  StdinOnce: bool,
  Env: strings,
  Cmd: stringOrStrings,
  Healthcheck: orOmitted(
    pointer(
      struct('v1.HealthcheckConfig', {
        Test: orOmitted(strings),
        Interval: duration,
        Timeout: duration,
        StartPeriod: duration,
        StartInterval: duration,
        Retries: orOmitted(integer('int')),
      }),
    ),
  ),
  ArgsEscaped: orOmitted(bool),
  Image: string,
  Volumes: mapOf('map[string]struct {}', emptyObject),
  WorkingDir: string,
  Entrypoint: stringOrStrings,
  NetworkDisabled: orOmitted(bool),
  MacAddress: orOmitted(string),
  OnBuild: strings,
  Labels: mapOf('map[string]string', string),
  StopSignal: orOmitted(string),
  StopTimeout: orOmitted(pointer(integer('int'))),
  Shell: orOmitted(stringOrStrings),
})

/** Docker's `image.V1Image`: what it knows of the document of an image before 1.10, fields in its order. */
const v1Image = struct('image.V1Image', {
  id: orOmitted(string),
  parent: orOmitted(string),
  comment: orOmitted(string),
  created: pointer(time),
  container: orOmitted(string),
  container_config: containerConfig,
  docker_version: orOmitted(string),
  author: orOmitted(string),
  config: orOmitted(pointer(containerConfig)),
  architecture: orOmitted(string),
  variant: orOmitted(string),
  os: orOmitted(string),
  Size: orOmitted(integer('int64')),
})

/** What of an image's document says where it belongs. */
const placement = struct('struct { OS string; Parent string }', { OS: string, Parent: string })

/** The document of an image of Docker before 1.10, read as far as it is asked for. Its methods throw `invalid_argument`. */
export class V1Document {
  readonly #text: string
  readonly #value: unknown

  constructor(bytes: Uint8Array, name: string) {
    this.#text = Buffer.from(bytes).toString('utf8')
    this.#value = onlyValue(this.#text, name)
  }

  /** The ID of the image below, empty for none, and the operating system, empty for the host's. */
  placement(): (typeof placement)['zero'] {
    return this.#read(placement, '')
  }

  /** The image's entry of the history. */
  history(): RawJSON {
    const { created, container_config, author, comment } = this.#image()
    const members = [
      ['created', created],
      ['created_by', container_config.Cmd?.join(' ')],
      ['author', author],
      ['comment', comment],
    ] as const
    return rawObject(members.flatMap(([name, text]) => (text ? [[name, rawText(text)] as const] : [])))
  }

  /**
   * The bytes of the config that Docker makes of it: members as they are written, but those of the old world, which has none
   * of the layers and the history. What a Docker before 1.8.3 wrote is written anew.
   */
  config(layers: readonly DiffID[], history: readonly RawJSON[]): Uint8Array {
    const image = this.#image()
    const members = membersOf(isBefore183(image.docker_version) ? v1Image.write(image) : this.#text)
    for (const name of ['id', 'parent', 'Size', 'parent_id', 'layer_id', 'throwaway']) members.delete(name)
    const diffIDs = rawList(layers.map(rawText))
    members.set(
      'rootfs',
      rawObject([['type', rawText('layers')], ...(layers.length ? [['diff_ids', diffIDs] as const] : [])]),
    )
    members.set('history', rawList(history))
    return Buffer.from(rawMap(members))
  }

  #image(): (typeof v1Image)['zero'] {
    return this.#read(v1Image, 'V1Image')
  }

  #read<T>(type: GoType<T>, path: string): T {
    return this.#value === null ? type.zero : type.read(this.#value, { path })
  }
}

/** Whether a version is before 1.8.3 as Docker compares them: what is no number is 0. */
function isBefore183(version: string): boolean {
  const parts = version.split('.').map(part => (/^[+-]?\d+$/.test(part) ? Number(part) : 0))
  for (const [position, wanted] of [1, 8, 3].entries()) {
    const part = parts[position] ?? 0
    if (part !== wanted) return part < wanted
  }
  return false
}
