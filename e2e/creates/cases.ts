import { configCases } from './config-cases.ts'
import { hostCases } from './host-cases.ts'
import { bodies, type CreateCase, host } from './make-cases.ts'

/**
 * `peer` runs, `ended` has ended. None depends on the machine, as long as it has two processors and its kernel limits swap;
 * and of what Strata does otherwise on purpose (docs/compatibility.md) there is none.
 */
export const createCases: readonly CreateCase[] = [
  ...hostCases,
  ...configCases,
  ...bodies(
    { Cmd: [] },
    { Cmd: [''] },
    { Cmd: null, Entrypoint: [] },
    { Cmd: ['true'], Entrypoint: [''] },
    { Image: '', Cmd: null },
    { Hostname: 'x', HostConfig: { NetworkMode: 'host' } },
    { Hostname: 'x', HostConfig: { NetworkMode: 'container:peer' } },
    { Hostname: 'x', HostConfig: { UTSMode: 'host' } },
    { Domainname: 'x', HostConfig: { UTSMode: 'host' } },
    { Hostname: 'x', Domainname: 'y' },
    { MacAddress: '02:42:ac:11:00:42', HostConfig: { NetworkMode: 'host' } },
    { MacAddress: '02:42:ac:11:00:42', HostConfig: { NetworkMode: 'none' } },
    { MacAddress: '02:42:ac:11:00:42', HostConfig: { NetworkMode: 'container:peer' } },
    { ExposedPorts: { '80/tcp': {} }, HostConfig: { NetworkMode: 'container:peer' } },
    { ExposedPorts: { '80/tcp': {} }, HostConfig: { NetworkMode: 'host' } },
    {
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { PublishAllPorts: true, PortBindings: { '80/tcp': [{ HostPort: '47004' }] } },
    },
    { NetworkingConfig: { EndpointsConfig: { bridge: { MacAddress: 'x' } } } },
    { NetworkingConfig: { EndpointsConfig: { bridge: { MacAddress: '02:42:ac:11:00:42' } } } },
    {
      MacAddress: '02:42:ac:11:00:41',
      NetworkingConfig: { EndpointsConfig: { bridge: { MacAddress: '02:42:ac:11:00:42' } } },
    },
    { NetworkingConfig: { EndpointsConfig: { bridge: { Aliases: ['x'] } } } },
    { NetworkingConfig: { EndpointsConfig: { bridge: { IPAMConfig: { IPv4Address: 'x' } } } } },
    { NetworkingConfig: { EndpointsConfig: { bridge: { IPAMConfig: { IPv4Address: '172.17.0.9' } } } } },
    { NetworkingConfig: { EndpointsConfig: { bridge: { IPAMConfig: { LinkLocalIPs: ['x'] } } } } },
    { NetworkingConfig: { EndpointsConfig: { bridge: null } } },
    { NetworkingConfig: { EndpointsConfig: { host: {} } }, HostConfig: { NetworkMode: 'host' } },
    { NetworkingConfig: { EndpointsConfig: { bridge: {} } }, HostConfig: { NetworkMode: 'container:peer' } },
    { WorkingDir: 'relative', HostConfig: { CapAdd: ['NONSENSE'], Memory: 1, RestartPolicy: { Name: 'x' } } },
    { Healthcheck: { Interval: 1, Retries: -1 }, StopSignal: 'x', Hostname: '-x', Env: [''] },
    { HostConfig: { Memory: 1, NanoCpus: -1, ShmSize: -1, PidMode: 'x', UTSMode: 'x', Runtime: 'x' } },
    { HostConfig: { ShmSize: -1, OomScoreAdj: 2000, Sysctls: { nonsense: '1' } } },
    { HostConfig: null },
  ),
  ...host(
    {
      IpcMode: ['', 'private'],
      PidsLimit: [-1, 0, 5],
      OomScoreAdj: [1001],
      Annotations: [{ a: 'b' }],
      Memory: [1],
    },
    40,
  ),
  ...host(
    {
      IpcMode: ['', 'x'],
      CpuShares: [1, -1, 300_000],
      CapAdd: [['NONSENSE']],
      NetworkMode: ['', 'default', 'host'],
      ConsoleSize: [[24, 80]],
      PidsLimit: [5],
      ShmSize: [-1],
      RestartPolicy: [{ Name: 'no', MaximumRetryCount: 1 }, { Name: 'x' }],
    },
    24,
  ),
  { name: '1.43: MacAddress', minor: 43, body: { MacAddress: '02:42:ac:11:00:42' } },
  { name: '1.43: MacAddress nonsense', minor: 43, body: { MacAddress: 'x' } },
  {
    name: '1.43: MacAddress, host',
    minor: 43,
    body: { MacAddress: '02:42:ac:11:00:42', HostConfig: { NetworkMode: 'host' } },
  },
  { name: '1.44: MacAddress', minor: 44, body: { MacAddress: '02:42:ac:11:00:42' } },
  { name: '1.43: StartInterval', minor: 43, body: { Healthcheck: { Test: ['CMD', 'true'], StartInterval: 1 } } },
]
