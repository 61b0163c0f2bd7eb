import type { ContainerConfig, ContainerCreateRequest, EndpointSettings, HostConfig } from '../../apitypes/index.ts'
import { StrataError } from '../../std/index.ts'

const deprecatedMac =
  'The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.'

/** What a client means, and what it is to be told. */
export interface MeantRequest {
  readonly request: ContainerCreateRequest
  readonly warnings: readonly string[]
}

/**
 * A create request of API version 1.`minor` in the meaning of the newest one: defaults that have changed are said, values
 * that stand for none are none, and what that version didn't have, or has no more, is left out. Throws `invalid_argument`.
 */
export function requestFor(minor: number, request: ContainerCreateRequest): MeantRequest {
  const { HostConfig: host, NetworkingConfig: networking, ...config } = request
  const endpoints = minor < 44 ? endpointsBefore44(request) : networking.EndpointsConfig
  return {
    request: {
      ...withoutNewer(minor, config),
      HostConfig: { ...withoutGone(minor, host), ...changes(minor, host) },
      NetworkingConfig: { ...networking, EndpointsConfig: endpoints },
    },
    warnings: minor >= 44 && request.MacAddress ? [deprecatedMac] : [],
  }
}

function changes(minor: number, host: HostConfig): Partial<HostConfig> {
  return {
    ...(Number(host.PidsLimit) <= 0 && { PidsLimit: null }),
    ...(host.MemorySwappiness === -1 && { MemorySwappiness: null }),
    ...(minor < 40 && host.IpcMode === '' && { IpcMode: 'shareable' }),
    ...(minor < 41 && host.CgroupnsMode === '' && { CgroupnsMode: 'host' }),
    ...(minor < 42 && { ConsoleSize: [0, 0] }),
  }
}

function withoutGone(minor: number, { KernelMemory, Annotations, ...host }: HostConfig): HostConfig {
  return {
    ...host,
    ...(minor < 42 && KernelMemory !== undefined && { KernelMemory }),
    ...(minor >= 43 && Annotations && { Annotations }),
  }
}

function withoutNewer(minor: number, config: ContainerConfig): ContainerConfig {
  if (minor >= 44 || config.Healthcheck?.StartInterval === undefined) return config
  const { StartInterval: _, ...Healthcheck } = config.Healthcheck
  return { ...config, Healthcheck }
}

/** One network at most, and the container's MAC address instead of an endpoint's. */
function endpointsBefore44(request: ContainerCreateRequest): Readonly<Record<string, EndpointSettings | null>> | null {
  const { EndpointsConfig: endpoints } = request.NetworkingConfig
  const names = Object.keys(endpoints ?? {})
  if (names.length > 1) {
    const text = `Container cannot be created with multiple network endpoints: ${names.join(', ')}`
    throw new StrataError('invalid_argument', text)
  }
  if (request.MacAddress && /^(host|none|container(:.*)?)$/.test(request.HostConfig.NetworkMode)) {
    throw new StrataError('invalid_argument', 'conflicting options: mac-address and the network mode')
  }
  const plain = Object.entries(endpoints ?? {}).map(
    ([name, endpoint]) => [name, endpoint && { ...endpoint, MacAddress: '' }] as const,
  )
  return endpoints && Object.fromEntries(plain)
}
