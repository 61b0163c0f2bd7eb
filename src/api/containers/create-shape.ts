import type {
  ContainerConfig,
  ContainerCreateRequest,
  EndpointSettings,
  HealthConfig,
  NetworkingConfig,
} from '../../apitypes/index.ts'
import { bool, int, int64, list, map, omitEmpty, pointer, type Shape, string, stringOrList, struct } from '../shape.ts'
import { hostConfig } from './host-config-shape.ts'

const nothing = struct<object>('struct {}', {})

const health = struct<HealthConfig>('container.HealthConfig', {
  Test: omitEmpty(list(string)),
  Interval: omitEmpty(int64),
  Timeout: omitEmpty(int64),
  StartPeriod: omitEmpty(int64),
  StartInterval: omitEmpty(int64),
  Retries: omitEmpty(int),
})

const configFields: { readonly [K in keyof ContainerConfig]-?: Shape<ContainerConfig[K]> } = {
  Hostname: string,
  Domainname: string,
  User: string,
  AttachStdin: bool,
  AttachStdout: bool,
  AttachStderr: bool,
  ExposedPorts: omitEmpty(map(nothing)),
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
}

const endpoint = struct<EndpointSettings>('network.EndpointSettings', {
  IPAMConfig: pointer(
    struct('network.EndpointIPAMConfig', {
      IPv4Address: omitEmpty(string),
      IPv6Address: omitEmpty(string),
      LinkLocalIPs: omitEmpty(list(string)),
    }),
  ),
  Links: list(string),
  Aliases: list(string),
  MacAddress: string,
  DriverOpts: map(string),
  GwPriority: int,
  NetworkID: string,
  EndpointID: string,
  Gateway: string,
  IPAddress: string,
  IPPrefixLen: int,
  IPv6Gateway: string,
  GlobalIPv6Address: string,
  GlobalIPv6PrefixLen: int,
  DNSNames: list(string),
})

/** The body of `POST /commit`. */
export const containerConfig = struct<ContainerConfig>('container.Config', configFields)

/** The body of `POST /containers/create`. */
export const createRequest = struct<ContainerCreateRequest>('container.CreateRequest', {
  ...configFields,
  HostConfig: hostConfig,
  NetworkingConfig: struct<NetworkingConfig>('network.NetworkingConfig', { EndpointsConfig: map(endpoint) }),
})
