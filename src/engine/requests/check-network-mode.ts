import type { ContainerCreateRequest } from '../../apitypes/index.ts'
import { type Refusal, refuse } from './refusal.ts'

/** Refuses what a network mode leaves no room for. */
export function checkNetworkMode(request: ContainerCreateRequest): void {
  const [kind, container = ''] = request.HostConfig.NetworkMode.split(':')
  refuse({ ...request, joins: kind === 'container', container }, refusals)
}

type Asked = ContainerCreateRequest & { readonly joins: boolean; readonly container: string }

const any = (values: readonly unknown[] | object | null | undefined) => Object.keys(values ?? {}).length > 0

const refusals: readonly Refusal<Asked>[] = [
  [
    ({ joins, container }) => joins && container === '',
    'invalid network mode: invalid container format container:<name|id>',
  ],
  [({ joins, Hostname }) => joins && Hostname !== '', 'conflicting options: hostname and the network mode'],
  [
    ({ joins, HostConfig }) => joins && any(HostConfig.Links),
    "conflicting options: container type network can't be used with links. This would result in undefined behavior",
  ],
  [({ joins, HostConfig }) => joins && any(HostConfig.Dns), 'conflicting options: dns and the network mode'],
  [
    ({ joins, HostConfig }) => joins && any(HostConfig.ExtraHosts),
    'conflicting options: custom host-to-IP mapping and the network mode',
  ],
  [
    ({ joins, HostConfig }) => joins && (HostConfig.PublishAllPorts || any(HostConfig.PortBindings)),
    'conflicting options: port publishing and the container type network mode',
  ],
  [
    ({ joins, ExposedPorts }) => joins && any(ExposedPorts),
    'conflicting options: port exposing and the container type network mode',
  ],
  [
    ({ HostConfig, Hostname }) => HostConfig.UTSMode === 'host' && Hostname !== '',
    'conflicting options: hostname and the UTS mode',
  ],
  [
    ({ HostConfig }) => HostConfig.NetworkMode === 'host' && any(HostConfig.Links),
    "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
  ],
]
