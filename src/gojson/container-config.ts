import type { ContainerConfig, HealthConfig } from '../apitypes/index.ts'
import { list, map, omitEmpty, pointer, stringOrList, struct } from './compound.ts'
import { bool, duration, int, string } from './scalars.ts'

const nothing = struct<object>('struct {}', {})

const health = struct<HealthConfig>('v1.HealthcheckConfig', {
  Test: omitEmpty(list(string)),
  Interval: omitEmpty(duration),
  Timeout: omitEmpty(duration),
  StartPeriod: omitEmpty(duration),
  StartInterval: omitEmpty(duration),
  Retries: omitEmpty(int),
})

/** Docker's `container.Config`, in requests and in documents of images. */
export const containerConfig = struct<ContainerConfig>('container.Config', {
  Hostname: string,
  Domainname: string,
  User: string,
  AttachStdin: bool,
  AttachStdout: bool,
  AttachStderr: bool,
  ExposedPorts: omitEmpty(map(nothing, 'nat.PortSet')),
  Tty: bool,
  OpenStdin: bool,
  StdinOnce: bool,
  Env: list(string),
  Cmd: stringOrList,
  Healthcheck: omitEmpty(pointer(health)),
  ArgsEscaped: omitEmpty(bool),
  Image: string,
  Volumes: map(nothing),
  WorkingDir: string,
  Entrypoint: stringOrList,
  NetworkDisabled: omitEmpty(bool),
  MacAddress: omitEmpty(string),
  OnBuild: list(string),
  Labels: map(string),
  StopSignal: omitEmpty(string),
  StopTimeout: omitEmpty(pointer(int)),
  Shell: omitEmpty(stringOrList),
})
