import type { ContainerInspect, ContainerSummary, ImageInspect, ImageSummary, Info, EngineVersion } from '../../apitypes/index.ts'
import { StrataError } from '../../std/index.ts'
import type { Backends } from '../api.ts'

const id = 'c'.repeat(64)
const imageId = `sha256:${'a'.repeat(64)}`

export const version: EngineVersion = {
  Platform: { Name: 'Strata' },
  Components: [{ Name: 'Engine', Version: '0.1.0', Details: { Os: 'linux' } }],
  Version: '0.1.0',
  GitCommit: 'abc',
  GoVersion: 'node',
  Os: 'linux',
  Arch: 'amd64',
  KernelVersion: '6',
  BuildTime: '2026-01-01T00:00:00.000000000+00:00',
}

export const info: Info = {
  ID: 'fake',
  Containers: 1,
  ContainersRunning: 1,
  ContainersPaused: 0,
  ContainersStopped: 0,
  Images: 1,
  Driver: 'erofs',
  DriverStatus: [['Backing Filesystem', 'extfs']],
  Plugins: { Volume: ['local'], Network: ['bridge', 'host', 'none'], Authorization: null, Log: ['json-file'] },
  MemoryLimit: true,
  SwapLimit: true,
  CpuCfsPeriod: true,
  CpuCfsQuota: true,
  CPUShares: true,
  CPUSet: true,
  PidsLimit: true,
  IPv4Forwarding: true,
  Debug: false,
  NFd: 10,
  OomKillDisable: true,
  NGoroutines: 1,
  SystemTime: '2026-01-01T00:00:00.000000000Z',
  LoggingDriver: 'json-file',
  CgroupDriver: 'cgroupfs',
  CgroupVersion: '1',
  NEventsListener: 0,
  KernelVersion: '6',
  OperatingSystem: 'Debian',
  OSVersion: '12',
  OSType: 'linux',
  Architecture: 'x86_64',
  IndexServerAddress: 'https://index.docker.io/v1/',
  RegistryConfig: null,
  NCPU: 2,
  MemTotal: 1024 ** 3,
  GenericResources: null,
  DockerRootDir: '/var/lib/strata',
  HttpProxy: '',
  HttpsProxy: '',
  NoProxy: '',
  Name: 'fakehost',
  Labels: [],
  ExperimentalBuild: false,
  ServerVersion: '0.1.0',
  Runtimes: { runc: { path: 'runc' } },
  DefaultRuntime: 'runc',
  Swarm: {
    NodeID: '',
    NodeAddr: '',
    LocalNodeState: 'inactive',
    ControlAvailable: false,
    Error: '',
    RemoteManagers: null,
  },
  LiveRestoreEnabled: true,
  Isolation: '',
  InitBinary: 'docker-init',
  ContainerdCommit: { ID: '' },
  RuncCommit: { ID: '' },
  InitCommit: { ID: '' },
  SecurityOptions: ['name=seccomp,profile=builtin'],
  CDISpecDirs: [],
  Warnings: null,
}

export const container: ContainerSummary = {
  Id: id,
  Names: ['/web'],
  Image: 'debian:bookworm',
  ImageID: imageId,
  Command: 'sleep 1000',
  Created: 1_700_000_000,
  Ports: [{ IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' }],
  Labels: {},
  State: 'running',
  Status: 'Up 5 minutes',
  HostConfig: { NetworkMode: 'bridge' },
  NetworkSettings: { Networks: {} },
  Mounts: [],
}

export const image: ImageSummary = {
  Containers: 1,
  Created: 1_700_000_000,
  Id: imageId,
  Labels: null,
  ParentId: '',
  RepoDigests: [],
  RepoTags: ['debian:bookworm'],
  SharedSize: -1,
  Size: 123_000_000,
}

export const imageInspect: ImageInspect = {
  Id: imageId,
  RepoTags: ['debian:bookworm'],
  RepoDigests: [],
  Parent: '',
  Comment: '',
  Container: '',
  ContainerConfig: {},
  DockerVersion: '',
  Author: '',
  Config: { Cmd: ['bash'] },
  Architecture: 'amd64',
  Os: 'linux',
  Size: 123_000_000,
  GraphDriver: { Data: null, Name: 'erofs' },
  RootFS: { Type: 'layers', Layers: [] },
  Metadata: { LastTagTime: '0001-01-01T00:00:00Z' },
}

type Overrides = { readonly [Room in keyof Backends]?: Partial<Backends[Room]> }

/** Backends of which every method that is not given throws `not_found`, but for a few with a fixed answer. */
export function fakeBackends(overrides: Overrides = {}): Backends {
  return {
    containers: room(overrides.containers, { list: async () => [container] }),
    exec: room(overrides.exec, {}),
    images: room(overrides.images, { list: async () => [image], inspect: async () => imageInspect }),
    networks: room(overrides.networks, {}),
    plugins: room(overrides.plugins, {}),
    registry: room(overrides.registry, {}),
    system: room(overrides.system, { version: async () => version, info: async () => info }),
    volumes: room(overrides.volumes, {}),
  }
}

function room<T extends object>(given: Partial<T> | undefined, fixed: Partial<T>): T {
  const methods = { ...fixed, ...given }
  return new Proxy(methods, {
    get: (_target, name) =>
      Reflect.get(methods, name) ??
      (() => {
        throw new StrataError('not_found', `No such thing: ${String(name)}`)
      }),
  }) as T
}

/** Just enough of an inspection for clients that look at whether there is a terminal. */
export function inspection(tty: boolean): ContainerInspect {
  return {
    Id: id,
    Name: '/web',
    State: { Status: 'running', Running: true, Paused: false, Restarting: false, Dead: false },
    Config: { Tty: tty, OpenStdin: true, StdinOnce: true },
  } as unknown as ContainerInspect
}
