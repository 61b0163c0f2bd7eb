import type { ContainerCreateRequest, HostConfig } from '../../apitypes/index.ts'
import type { MachineLimits } from '../../host/index.ts'
import { checkConfig } from './check-config.ts'
import { checkHostConfig } from './check-host-config.ts'
import { checkNetworkMode } from './check-network-mode.ts'
import { checkResources } from './check-resources.ts'

export interface CheckedRequest {
  /** Without what has no effect here. */
  readonly hostConfig: HostConfig
  /** For what has no effect. */
  readonly warnings: readonly string[]
}

/**
 * Refuses, in Docker's words and order, what can be told from a request and the machine alone, so that nothing a user asks
 * for is passed over in silence. Throws `invalid_argument`.
 */
export function checkRequest(
  request: ContainerCreateRequest,
  { machine, runtimes }: { readonly machine: MachineLimits; readonly runtimes: Readonly<Record<string, unknown>> },
): CheckedRequest {
  checkNetworkMode(request)
  checkConfig(request)
  const { HostConfig: asked } = request
  const { resources, warnings } = checkResources(asked, machine)
  const hostConfig: HostConfig = { ...asked, ...resources }
  checkHostConfig(hostConfig, runtimes)
  const discarded = hostConfig.NetworkMode === 'host' && Object.keys(hostConfig.PortBindings ?? {}).length > 0
  return {
    hostConfig,
    warnings: [...warnings, ...(discarded ? ['Published ports are discarded when using host network mode'] : [])],
  }
}
