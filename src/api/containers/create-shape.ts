import type { ContainerCreateRequest, EndpointSettings, NetworkingConfig } from '../../apitypes/index.ts'
import { containerConfig, int, list, map, omitEmpty, pointer, string, struct } from '../../gojson/index.ts'
import { hostConfig } from './host-config-shape.ts'

const endpoint = struct<EndpointSettings>('network.EndpointSettings', {
  IPAMConfig: pointer(
    struct<NonNullable<EndpointSettings['IPAMConfig']>>('network.EndpointIPAMConfig', {
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

/** What a body of `POST /containers/create` has to have. */
export const someConfig = {
  fields: Object.keys(containerConfig.fields),
  otherwise: 'config cannot be empty in order to create a container',
}

/** The body of `POST /containers/create`. */
export const createRequest = struct<ContainerCreateRequest>('container.CreateRequest', {
  ...containerConfig.fields,
  HostConfig: hostConfig,
  NetworkingConfig: struct<NetworkingConfig>('network.NetworkingConfig', { EndpointsConfig: map(pointer(endpoint)) }),
})
