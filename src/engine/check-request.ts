import type { ContainerCreateRequest } from '../apitypes/index.ts'
import { StrataError } from '../std/index.ts'
import { networkMode } from './container.ts'
import { securityOptions } from './container-spec.ts'
import type { EngineContext } from './context.ts'

/**
 * Refuses, in Docker's words, what can't be or is not supported, so that nothing a user asks for is passed over in silence.
 * Returns the warnings for what has no effect.
 */
export function checkHostConfig(
  context: EngineContext,
  { HostConfig: hostConfig, ...config }: ContainerCreateRequest,
): string[] {
  const bad = (message: string) => new StrataError('invalid_argument', message)
  const { RestartPolicy: restart } = hostConfig
  if (!['', 'no', 'always', 'unless-stopped', 'on-failure'].includes(restart.Name)) {
    throw bad(
      `invalid restart policy: unknown policy '${restart.Name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    )
  }
  if (restart.MaximumRetryCount !== 0 && restart.Name !== 'on-failure') {
    throw bad(`invalid restart policy: maximum retry count can only be used with 'on-failure'`)
  }
  if (restart.MaximumRetryCount < 0) throw bad('invalid restart policy: maximum retry count cannot be negative')
  if (hostConfig.AutoRemove && !['', 'no'].includes(restart.Name)) {
    throw bad("can't create 'AutoRemove' container with restart policy")
  }
  if (hostConfig.Memory !== 0 && hostConfig.Memory < 6 * 2 ** 20) throw bad('Minimum memory limit allowed is 6MB')
  if (hostConfig.NanoCpus > 0 && hostConfig.CpuQuota > 0) {
    throw bad('Conflicting options: Nano CPUs and CPU Quota cannot both be set.')
  }
  const runtime = hostConfig.Runtime
  if (runtime && !Object.hasOwn(context.config.runtimes, runtime)) {
    throw bad(`unknown or invalid runtime name: ${runtime}`)
  }
  const log = hostConfig.LogConfig.Type
  if (log !== '' && log !== 'json-file' && log !== 'none') {
    throw bad(`logger: no log driver named '${log}' is registered`)
  }
  securityOptions(hostConfig.SecurityOpt ?? [])
  const [device] = hostConfig.DeviceRequests ?? []
  if (device) {
    const wanted = (device.Capabilities ?? []).map(all => `[${all.join(' ')}]`).join(' ')
    throw bad(`could not select device driver "${device.Driver}" with capabilities: [${wanted}]`)
  }
  if (!/^(|none|private|shareable|host|container:.+)$/.test(hostConfig.IpcMode)) {
    throw bad(`invalid IPC mode: ${hostConfig.IpcMode}`)
  }
  if (!['', 'default'].includes(hostConfig.Isolation)) {
    throw bad(`invalid isolation (${hostConfig.Isolation}): linux only supports 'default'`)
  }
  if (Object.keys(hostConfig.StorageOpt ?? {}).length > 0) {
    throw bad(`--storage-opt is not supported by the ${context.layers.name} storage driver`)
  }
  if (!['', 'local'].includes(hostConfig.VolumeDriver)) {
    throw new StrataError(
      'not_found',
      `error looking up volume plugin ${hostConfig.VolumeDriver}: plugin "${hostConfig.VolumeDriver}" not found`,
    )
  }
  const mode = networkMode(hostConfig.NetworkMode)
  const publishes = hostConfig.PublishAllPorts || Object.keys(hostConfig.PortBindings ?? {}).length > 0
  if (mode?.kind === 'container') {
    if (config.Hostname !== '') throw bad('conflicting options: hostname and the network mode')
    if (publishes) throw bad('conflicting options: port publishing and the container type network mode')
    if ((hostConfig.Links ?? []).length > 0)
      throw bad(
        "conflicting options: container type network can't be used with links. This would result in undefined behavior",
      )
    if ((hostConfig.Dns ?? []).length > 0) throw bad('conflicting options: dns and the network mode')
    if ((hostConfig.ExtraHosts ?? []).length > 0)
      throw bad('conflicting options: custom host-to-IP mapping and the network mode')
  }
  if (mode?.kind === 'host' && publishes) return ['Published ports are discarded when using host network mode']
  return []
}

/** The MAC address that was asked for. Throws Docker's text for what only networks of a user's own can do. */
export function checkEndpoints({
  MacAddress,
  NetworkingConfig: networking,
}: ContainerCreateRequest): string | undefined {
  let macAddress = MacAddress || undefined
  for (const [name, endpoint] of Object.entries(networking.EndpointsConfig ?? {})) {
    if (endpoint.IPAMConfig?.IPv4Address || endpoint.IPAMConfig?.IPv6Address) {
      const only = ['on user defined networks only', 'only when connecting to networks with user configured subnets']
      const reasons = only.map(text => `* user specified IP address is supported ${text}`)
      const network = name === 'default' ? 'bridge' : name
      throw new StrataError(
        'invalid_argument',
        `invalid config for network ${network}: invalid endpoint settings:\n${reasons.join('\n')}`,
      )
    }
    macAddress = endpoint.MacAddress || macAddress
  }
  if (macAddress !== undefined && !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(macAddress)) {
    throw new StrataError('invalid_argument', `invalid MAC address: ${macAddress}`)
  }
  return macAddress
}
