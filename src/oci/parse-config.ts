import { parseTime, RFC3339 } from '../std/index.ts'
import { parseDiffID } from './digest.ts'
import { arrayOf, fieldsOf, invalid, mapOf, objectOf, parseObject, stringOf } from './json.ts'
import type { CommittedConfig, ContainerDefaults, Healthcheck, HistoryEntry, ImageConfig } from './oci.ts'

/** Configs over this many bytes are refused. */
export const CONFIG_LIMIT = 8 * 1024 * 1024

const strings = (value: unknown, what: string) =>
  arrayOf(value, what, (each, at) => (each === null ? '' : stringOf(each, at)))
/** Of one string alone the list that has only it. */
const words = (value: unknown, what: string) => (typeof value === 'string' ? [value] : strings(value, what))
const labels = (value: unknown, what: string) =>
  mapOf(value, what, (each, at) => (each === null ? '' : stringOf(each, at)))
const names = (value: unknown, what: string) => mapOf(value, what, (): object => ({}))

function boolean(value: unknown, what: string): boolean {
  if (typeof value !== 'boolean') throw invalid(`${what} is not a boolean`)
  return value
}

/** A time as Go reads it; the text itself. */
function timeOf(value: unknown, what: string): string {
  const text = stringOf(value, what)
  parseTime(RFC3339, text)
  return text
}

/** A whole number. Nanoseconds of long times lose what a double can't hold. */
function integer(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw invalid(`${what} is not a whole number`)
  return value
}

function healthcheck(value: unknown, what: string): Healthcheck {
  return fieldsOf(objectOf(value, what), what, {
    Test: strings,
    Interval: integer,
    Timeout: integer,
    StartPeriod: integer,
    StartInterval: integer,
    Retries: integer,
  })
}

const defaultFields = {
  Hostname: stringOf,
  Domainname: stringOf,
  User: stringOf,
  ExposedPorts: names,
  Env: strings,
  Entrypoint: words,
  Cmd: words,
  Volumes: names,
  WorkingDir: stringOf,
  Labels: labels,
  StopSignal: stringOf,
  StopTimeout: integer,
  Shell: words,
  OnBuild: strings,
  ArgsEscaped: boolean,
  Healthcheck: healthcheck,
}

const committedFields = {
  ...defaultFields,
  AttachStdin: boolean,
  AttachStdout: boolean,
  AttachStderr: boolean,
  Tty: boolean,
  OpenStdin: boolean,
  StdinOnce: boolean,
  Image: stringOf,
  NetworkDisabled: boolean,
  MacAddress: stringOf,
}

function defaults(value: unknown, what: string): ContainerDefaults {
  return fieldsOf(objectOf(value, what), what, defaultFields)
}

function committedConfig(value: unknown, what: string): CommittedConfig {
  return fieldsOf(objectOf(value, what), what, committedFields)
}

function historyEntry(value: unknown, what: string): HistoryEntry {
  return fieldsOf(objectOf(value, what), what, {
    created: timeOf,
    created_by: stringOf,
    author: stringOf,
    comment: stringOf,
    empty_layer: boolean,
  })
}

function rootfs(value: unknown, what: string): ImageConfig['rootfs'] {
  const fields = fieldsOf(objectOf(value, what), what, {
    type: stringOf,
    diff_ids: (list, at) => arrayOf(list, at, (each, position) => parseDiffID(stringOf(each, position))),
  })
  if (fields.type !== 'layers') throw invalid(`${what}.type is ${JSON.stringify(fields.type ?? '')}, not "layers"`)
  return { type: 'layers', diff_ids: fields.diff_ids ?? [] }
}

/**
 * Reads an image config that came from outside, as tolerant as Docker: fields that are null count as absent, unknown ones
 * are dropped, an operating system or architecture that is missing is empty. Wrong types, wrong digests, times that are none, and a
 * history with more layers than there are throw `invalid_argument`. Write the bytes that you got, never this.
 */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  if (bytes.byteLength > CONFIG_LIMIT) throw invalid(`image config is larger than ${CONFIG_LIMIT} bytes`)
  const what = 'image config'
  const fields = fieldsOf(parseObject(bytes, what), what, {
    architecture: stringOf,
    os: stringOf,
    variant: stringOf,
    'os.version': stringOf,
    'os.features': strings,
    created: timeOf,
    author: stringOf,
    docker_version: stringOf,
    comment: stringOf,
    container: stringOf,
    container_config: committedConfig,
    config: defaults,
    rootfs,
    history: (list, at) => arrayOf(list, at, historyEntry),
  })
  if (!fields.rootfs) throw invalid('invalid image JSON, no RootFS key')
  const filled = (fields.history ?? []).filter(entry => entry.empty_layer !== true).length
  if (filled > fields.rootfs.diff_ids.length) throw invalid('too many non-empty layers in History section')
  return { ...fields, os: fields.os ?? '', architecture: fields.architecture ?? '', rootfs: fields.rootfs }
}
