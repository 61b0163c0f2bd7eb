import type { ContainerCreateRequest, HostConfig } from '../../apitypes/index.ts'

/**
 * A create request of API version 1.`minor` in the meaning of the newest one: defaults that have changed are said, and values
 * that stand for none are none.
 */
export function requestFor(minor: number, request: ContainerCreateRequest): ContainerCreateRequest {
  const { HostConfig: host } = request
  const changed: Partial<HostConfig> = {
    ...(Number(host.PidsLimit) <= 0 && { PidsLimit: null }),
    ...(host.MemorySwappiness === -1 && { MemorySwappiness: null }),
    ...(minor < 40 && host.IpcMode === '' && { IpcMode: 'shareable' }),
    ...(minor < 41 && host.CgroupnsMode === '' && { CgroupnsMode: 'host' }),
  }
  return { ...request, HostConfig: { ...host, ...changed } }
}
