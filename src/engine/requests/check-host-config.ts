import { isIP } from 'node:net'
import { posix } from 'node:path'
import type { HostConfig } from '../../apitypes/index.ts'
import { checkCapabilities } from '../../runtime/index.ts'
import { checkPortBindings } from '../ports.ts'
import { type Refusal, refuse, refused } from './refusal.ts'

/** Refuses, in Docker's words, what is wrong in a host config whatever the machine; limits are looked at elsewhere. */
export function checkHostConfig(hostConfig: HostConfig, runtimes: Readonly<Record<string, unknown>>): void {
  refuse(hostConfig, [isolation, removedAndRestarted])
  for (const entry of hostConfig.ExtraHosts ?? []) checkExtraHost(entry)
  checkPortBindings(hostConfig.PortBindings ?? {})
  refuse(hostConfig, restartPolicies)
  checkCapabilities({ add: hostConfig.CapAdd ?? [], drop: hostConfig.CapDrop ?? [] })
  if (Object.hasOwn(hostConfig.Annotations ?? {}, '')) {
    throw refused('invalid Annotations: the empty string is not permitted as an annotation key')
  }
  refuse(hostConfig, namespaces)
  const { Runtime: runtime = '' } = hostConfig
  if (runtime !== '' && !Object.hasOwn(runtimes, runtime)) {
    throw refused(`unknown or invalid runtime name: ${runtime}`)
  }
  for (const path of Object.keys(hostConfig.Tmpfs ?? {})) checkTmpfs(path)
  refuse(hostConfig, [cgroupNamespace])
}

const isolation: Refusal<HostConfig> = [
  ({ Isolation }) => !['', 'default'].includes(Isolation.toLowerCase()),
  ({ Isolation }) => `invalid isolation (${Isolation}): linux only supports 'default'`,
]

const removedAndRestarted: Refusal<HostConfig> = [
  ({ AutoRemove, RestartPolicy }) => AutoRemove && !['', 'no'].includes(RestartPolicy.Name),
  "can't create 'AutoRemove' container with restart policy",
]

const policies = ['', 'no', 'always', 'unless-stopped', 'on-failure']

const restartPolicies: readonly Refusal<HostConfig>[] = [
  [
    ({ RestartPolicy: { Name } }) => !policies.includes(Name),
    ({ RestartPolicy: { Name } }) =>
      `invalid restart policy: unknown policy '${Name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
  ],
  [
    ({ RestartPolicy: { Name, MaximumRetryCount } }) => Name !== 'on-failure' && MaximumRetryCount !== 0,
    ({ RestartPolicy: { MaximumRetryCount } }) =>
      `invalid restart policy: maximum retry count can only be used with 'on-failure'${MaximumRetryCount < 0 ? ' and cannot be negative' : ''}`,
  ],
  [
    ({ RestartPolicy: { MaximumRetryCount } }) => MaximumRetryCount < 0,
    'invalid restart policy: maximum retry count cannot be negative',
  ],
]

const namespaces: readonly Refusal<HostConfig>[] = [
  [
    ({ IpcMode }) => !/^(|none|private|shareable|host|container:.*)$/.test(IpcMode),
    ({ IpcMode }) => `invalid IPC mode: ${IpcMode}`,
  ],
  [({ PidMode }) => !/^(|host|container:.+)$/.test(PidMode), ({ PidMode }) => `invalid PID mode: ${PidMode}`],
  [({ ShmSize }) => ShmSize < 0, 'SHM size can not be less than 0'],
  [({ UTSMode }) => !['', 'host'].includes(UTSMode), ({ UTSMode }) => `invalid UTS mode: ${UTSMode}`],
  [
    ({ OomScoreAdj }) => Math.abs(OomScoreAdj) > 1000,
    ({ OomScoreAdj }) => `Invalid value ${OomScoreAdj}, range for oom score adj is [-1000, 1000]`,
  ],
]

const cgroupNamespace: Refusal<HostConfig> = [
  ({ CgroupnsMode }) => !['', 'host', 'private'].includes(CgroupnsMode),
  ({ CgroupnsMode }) => `invalid cgroup namespace mode: ${CgroupnsMode}`,
]

/** `name:address`, or `name:host-gateway`. */
function checkExtraHost(entry: string): void {
  const at = entry.indexOf(':')
  if (at <= 0) throw refused(`bad format for add-host: ${JSON.stringify(entry)}`)
  const address = entry.slice(at + 1)
  if (address !== 'host-gateway' && isIP(address.trim()) === 0) {
    throw refused(`invalid IP address in add-host: ${JSON.stringify(address)}`)
  }
}

function checkTmpfs(path: string): void {
  if (!path.startsWith('/')) throw refused(`invalid mount path: '${path}' mount path must be absolute`)
  if (posix.normalize(path) === '/') throw refused(`invalid specification: destination can't be '/'`)
}
