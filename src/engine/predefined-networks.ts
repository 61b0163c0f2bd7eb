import { createHash } from 'node:crypto'
import type { ContainerRecord } from './container.ts'
import type { EngineContext } from './context.ts'

/** The networks that are always there. */
export const networkNames = ['bridge', 'host', 'none'] as const
export type NetworkName = (typeof networkNames)[number]
export const networkDrivers = { bridge: 'bridge', host: 'host', none: 'null' } as const

/** 64 hexadecimal digits, the same for as long as the data root. */
export function networkId(context: EngineContext, name: NetworkName): string {
  if (name === 'bridge') return context.bridge.networkId
  return createHash('sha256').update(`${context.instanceId} network ${name}`).digest('hex')
}

/**
 * What ties a container to a network. `host` and `none` have nothing to make for one; the ID only has to be its own.
 */
export function endpointId({ id, endpoint }: ContainerRecord, network: string): string {
  return endpoint?.endpointId ?? createHash('sha256').update(`${network} ${id}`).digest('hex')
}
