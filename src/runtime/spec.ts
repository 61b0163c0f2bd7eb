import { existsSync, readdirSync } from 'node:fs'
import { posix } from 'node:path'
import { StrataError } from '../std/index.ts'
import { apparmorProfile } from './apparmor.ts'
import { capabilitiesFor } from './capabilities.ts'
import { machineCgroups } from './cgroup-folders.ts'
import { defaultPath, mergeEnvironment } from './environment.ts'
import { specLimits, specOomScore } from './limits.ts'
import { makeFolderInRootfs } from './rootfs-path.ts'
import { compileSeccomp } from './seccomp.ts'
import { defaultSeccompProfile } from './seccomp-default.ts'
import { specDevices } from './spec-devices.ts'
import { initDestination, ownPids, rootPropagation, specMounts } from './spec-mounts.ts'
import type { NamespaceOption, SpecOptions } from './spec-options.ts'
import { specResources } from './spec-resources.ts'
import { resolveUser } from './users.ts'

export const defaultCgroupParent = '/strata'

export const defaultMaskedPaths: readonly string[] = [
  'asound',
  'acpi',
  'interrupts',
  'kcore',
  'keys',
  'latency_stats',
  'timer_list',
  'timer_stats',
]
  .concat(['sched_debug', 'scsi'])
  .map(name => `/proc/${name}`)
  .concat(['/sys/firmware', '/sys/devices/virtual/powercap', ...thermalThrottle()])

export const defaultReadonlyPaths: readonly string[] = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'].map(
  name => `/proc/${name}`,
)

/**
 * The OCI runtime spec (https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md) of a container, equal in
 * effect to what dockerd 28.5 makes of the same options. Makes the working directory where it is missing. Throws
 * `invalid_argument` with Docker's text for options that can't be honoured.
 */
export async function createSpec(options: SpecOptions): Promise<object> {
  const { privileged = false, security = {} } = options
  if (options.args.length === 0) {
    throw new StrataError('invalid_argument', 'no command specified')
  }
  const capabilities = capabilitiesFor({ add: options.capAdd, drop: options.capDrop, privileged })
  const [process, { devices, rules }, resources, apparmor] = await Promise.all([
    processOf(options, capabilities),
    specDevices(options),
    specResources(options.resources ?? {}),
    apparmorProfile(security.apparmor, privileged),
  ])
  const propagation = rootPropagation(options.mounts ?? [])
  const filter =
    privileged || security.seccomp === 'unconfined' ? undefined : (security.seccomp ?? defaultSeccompProfile)
  const seccomp = filter && compileSeccomp(filter, capabilities)
  const user = options.namespaces?.user
  const { version } = await machineCgroups()
  return {
    ociVersion: '1.0.2',
    process: { ...process, ...(apparmor !== undefined && { apparmorProfile: apparmor }) },
    root: { path: options.rootfs, readonly: options.readonlyRootfs ?? false },
    ...(ownHostname(options) && { hostname: hostname(options) }),
    mounts: specMounts(options),
    ...(options.annotations && { annotations: options.annotations }),
    linux: {
      namespaces: namespacesOf(options, version),
      ...(user && { uidMappings: user.uidMappings, gidMappings: user.gidMappings }),
      cgroupsPath: posix.join('/', options.cgroupParent ?? defaultCgroupParent, options.id),
      resources: { ...resources, devices: rules },
      devices,
      sysctl: sysctls(options),
      maskedPaths: options.maskedPaths ?? (privileged ? [] : defaultMaskedPaths),
      readonlyPaths: options.readonlyPaths ?? (privileged ? [] : defaultReadonlyPaths),
      ...(propagation && { rootfsPropagation: propagation }),
      ...(seccomp && { seccomp }),
    },
  }
}

async function processOf(options: SpecOptions, capabilities: readonly string[]): Promise<object> {
  const cwd = options.cwd || '/'
  if (!cwd.startsWith('/')) {
    const text = `the working directory '${cwd}' is invalid, it needs to be an absolute path`
    throw new StrataError('invalid_argument', text)
  }
  if (cwd !== '/') await makeFolderInRootfs(options.rootfs, cwd)
  const withInit = options.initPath !== undefined && ownPids(options)
  const own = [`PATH=${defaultPath}`, `HOSTNAME=${hostname(options)}`, ...(options.terminal ? ['TERM=xterm'] : [])]
  return {
    terminal: options.terminal ?? false,
    user: await resolveUser(options.rootfs, options.user ?? '', options.groupAdd),
    args: [...(withInit ? [initDestination, '--'] : []), ...options.args],
    env: mergeEnvironment(own, options.env ?? []),
    cwd,
    capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    ...(options.ulimits?.length ? { rlimits: specLimits(options.ulimits) } : {}),
    noNewPrivileges: options.security?.noNewPrivileges ?? false,
    oomScoreAdj: specOomScore(options.oomScoreAdj ?? 0),
  }
}

function hostname(options: SpecOptions): string {
  return options.hostname || options.id.slice(0, 12)
}

function ownHostname(options: SpecOptions): boolean {
  return (options.namespaces?.uts ?? 'private') === 'private'
}

function namespacesOf({ namespaces = {} }: SpecOptions, cgroupVersion: 1 | 2): object[] {
  const wanted: [type: string, option: NamespaceOption][] = [
    ['mount', 'private'],
    ['network', namespaces.network ?? 'private'],
    ['uts', namespaces.uts ?? 'private'],
    ['pid', namespaces.pid ?? 'private'],
    ['ipc', namespaces.ipc ?? 'private'],
    ['cgroup', namespaces.cgroup ?? (cgroupVersion === 2 ? 'private' : 'host')],
    ['user', namespaces.user ? 'private' : 'host'],
  ]
  return wanted
    .filter(([, option]) => option !== 'host')
    .map(([type, option]) => (typeof option === 'object' ? { type, path: option.path } : { type }))
}

/** Docker's defaults let everybody in the container ping and listen on any port, in a network namespace of its own. */
function sysctls(options: SpecOptions): Record<string, string> {
  const network = options.namespaces?.network ?? 'private'
  const joined = typeof network === 'object' && (network.shared || network.path.startsWith('/proc/'))
  const defaults: Record<string, string> = {}
  if (network !== 'host' && !joined) {
    // In a user namespace the range of groups is refused.
    if (!options.namespaces?.user) defaults['net.ipv4.ping_group_range'] = '0 2147483647'
    defaults['net.ipv4.ip_unprivileged_port_start'] = '0'
  }
  if (options.domainname) defaults['kernel.domainname'] = options.domainname
  return { ...defaults, ...options.sysctls }
}

function thermalThrottle(): string[] {
  const cpus = '/sys/devices/system/cpu'
  if (!existsSync(cpus)) return []
  const paths = readdirSync(cpus).map(name => `${cpus}/${name}/thermal_throttle`)
  return paths.filter(path => existsSync(path))
}
