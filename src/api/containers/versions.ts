import type { ContainerCreateRequest, HostConfig } from '../../apitypes/index.ts'

/** A create request of API version 1.`minor` in the meaning of the newest one: defaults that have changed are said. */
export function requestFor(minor: number, request: ContainerCreateRequest): ContainerCreateRequest {
  const { HostConfig: host } = request
  const changed: Partial<HostConfig> = {
    ...(minor < 40 && host.IpcMode === '' && { IpcMode: 'shareable' }),
    ...(minor < 41 && host.CgroupnsMode === '' && { CgroupnsMode: 'host' }),
  }
  return { ...request, HostConfig: { ...host, ...changed } }
}
