import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { CheckMessage, EngineVersion, Info } from '../apitypes/index.ts'
import { checkStore } from '../gc/index.ts'
import { readCgroups, readMachineFacts } from '../host/index.ts'
import { insecureEntries, maskProxy } from '../remotes/index.ts'
import type { EngineContext } from './context.ts'
import type { EngineConfig } from './parts.ts'

/** Architectures in Go's words, by those of `uname -m`. */
const goArchitectures: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' }

/** `docker version`'s server part. */
export async function systemVersion(context: EngineContext): Promise<EngineVersion> {
  const facts = await readMachineFacts()
  const architecture = goArchitectures[facts.architecture] ?? facts.architecture
  const common = {
    GitCommit: '',
    GoVersion: `node ${process.version}`,
    Os: 'linux',
    Arch: architecture,
    KernelVersion: facts.kernelVersion,
    BuildTime: '',
  }
  return {
    Platform: { Name: 'Strata' },
    Components: [{ Name: 'Engine', Version: context.config.version, Details: { ...common, Experimental: 'false' } }],
    Version: context.config.version,
    ...common,
  }
}

/** `docker info`. */
export async function systemInfo(context: EngineContext): Promise<Info> {
  const [facts, cgroups, forwarding] = await Promise.all([readMachineFacts(), readCgroups(), ipv4Forwarding()])
  const { config } = context
  const states = context.containers.all().map(container => container.record.state)
  const running = states.filter(state => state.status === 'running')
  const paused = running.filter(state => state.paused).length
  const hasController = (name: string) => cgroups.version === 2 || cgroups.controllers.has(name)
  return {
    ID: context.instanceId,
    Containers: states.length,
    ContainersRunning: running.length - paused,
    ContainersPaused: paused,
    ContainersStopped: states.length - running.length,
    Images: context.images.list().length,
    Driver: context.layers.name,
    DriverStatus: context.layers.status,
    Plugins: {
      Volume: ['local'],
      Network: ['bridge', 'host', 'null'],
      Authorization: null,
      Log: ['json-file', 'none'],
    },
    MemoryLimit: hasController('memory'),
    SwapLimit: hasController('memory'),
    CpuCfsPeriod: hasController('cpu'),
    CpuCfsQuota: hasController('cpu'),
    CPUShares: hasController('cpu'),
    CPUSet: hasController('cpuset'),
    PidsLimit: hasController('pids'),
    IPv4Forwarding: forwarding,
    Debug: config.logLevel === 'debug',
    NFd: -1,
    OomKillDisable: cgroups.version === 1,
    NGoroutines: 0,
    SystemTime: new Date().toISOString(),
    LoggingDriver: 'json-file',
    CgroupDriver: 'cgroupfs',
    CgroupVersion: cgroups.version === 1 ? '1' : '2',
    NEventsListener: context.events.listeners,
    KernelVersion: facts.kernelVersion,
    OperatingSystem: facts.operatingSystem,
    OSVersion: facts.osVersion,
    OSType: 'linux',
    Architecture: facts.architecture,
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: registryConfig(config),
    NCPU: facts.cpus,
    MemTotal: facts.totalMemory,
    GenericResources: null,
    DockerRootDir: config.dataRoot,
    HttpProxy: maskProxy(config.proxies.http ?? ''),
    HttpsProxy: maskProxy(config.proxies.https ?? ''),
    NoProxy: config.proxies.no ?? '',
    Name: facts.hostname,
    Labels: config.labels,
    ExperimentalBuild: false,
    ServerVersion: config.version,
    Runtimes: config.runtimes,
    DefaultRuntime: config.defaultRuntime,
    Swarm: {
      NodeID: '',
      NodeAddr: '',
      LocalNodeState: 'inactive',
      ControlAvailable: false,
      Error: '',
      RemoteManagers: null,
    },
    LiveRestoreEnabled: config.liveRestore,
    Isolation: '',
    InitBinary: basename(config.initPath),
    ContainerdCommit: { ID: '' },
    RuncCommit: { ID: '' },
    InitCommit: { ID: '' },
    SecurityOptions: ['name=seccomp,profile=builtin', ...(cgroups.version === 2 ? ['name=cgroupns'] : [])],
    FirewallBackend: { Driver: 'nftables' },
    CDISpecDirs: [],
    Warnings: null,
  }
}

/** Mirrors end in a slash, as dockerd has them; those of single registries stand with their registry. */
function registryConfig({ insecureRegistries, registryMirrors, registries }: EngineConfig): Info['RegistryConfig'] {
  const { hosts: insecure, networks } = insecureEntries(insecureRegistries)
  const named = new Set(['docker.io', ...insecure, ...Object.keys(registries)])
  const index = (name: string) => {
    const own = registries[name]?.mirrors ?? []
    const mirrors = name === 'docker.io' ? [...registryMirrors, ...own] : own
    const Mirrors = mirrors.map(mirror => mirror.replace(/\/?$/, '/'))
    return { Name: name, Mirrors, Secure: !insecure.includes(name), Official: name === 'docker.io' }
  }
  const IndexConfigs = Object.fromEntries([...named].map(name => [name, index(name)]))
  const { Mirrors } = IndexConfigs['docker.io']!
  return {
    InsecureRegistryCIDRs: [...networks, '::1/128', '127.0.0.0/8'],
    IndexConfigs,
    Mirrors: Mirrors.length > 0 ? Mirrors : null,
  }
}

async function ipv4Forwarding(): Promise<boolean> {
  return (await readFile('/proc/sys/net/ipv4/ip_forward', 'utf8')).trim() === '1'
}

/** Verifies the whole store again: every blob, layer and image. */
export async function* systemCheck(context: EngineContext, signal: AbortSignal): AsyncGenerator<CheckMessage> {
  // What is about to go is no problem.
  await context.collector.settle()
  const seen: CheckMessage[] = []
  let checked = 0
  let problems = 0
  const findings = checkStore({
    ...context,
    signal,
    checked(kind, id) {
      checked++
      seen.push({ status: 'checked', kind, id })
    },
  })
  for await (const { kind, id, what, remedy } of findings) {
    yield* seen.splice(0)
    problems++
    yield { status: 'problem', kind, id, message: `${what}; ${remedy}` }
  }
  yield* seen.splice(0)
  yield { status: 'done', checked, problems }
}
