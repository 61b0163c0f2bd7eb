import { StrataError } from '../../std/index.ts'
import { type Endpoint, endpoints } from '../endpoints.ts'
import type { Handler, Routes } from '../exchange.ts'

/** What would make a swarm is not there yet; everything else needs one. */
const makesOne: readonly Endpoint[] = ['POST /swarm/init', 'POST /swarm/join']
const needsManager = endpoints.filter(
  endpoint =>
    /^\w+ \/(swarm|nodes|services|tasks|secrets|configs)(\/|$)/.test(endpoint) && !makesOne.includes(endpoint),
)

/** Throws what dockerd answers when it is asked for something of a swarm without being in one. */
export async function refuseNoManager(): Promise<never> {
  throw new StrataError(
    'unavailable',
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
  )
}

async function refuseNoSwarm(): Promise<never> {
  throw new StrataError('unavailable', 'This node is not part of a swarm')
}

/** The engine is in no swarm, and says so. The docker CLI asks, as soon as it does not find what it shall inspect. */
export function swarmRoutes(): Routes {
  const refused = needsManager.map((endpoint): [Endpoint, Handler] => [endpoint, refuseNoManager])
  return { plain: { ...Object.fromEntries(refused), 'POST /swarm/leave': refuseNoSwarm } }
}
