import { startEngine } from '../../e2e/fixtures/engine.ts'
import { enginePeer } from './engine-peer.ts'

/** The engine of this checkout, as a user starts it, and the docker CLI. */
export async function strata() {
  return enginePeer('strata', await startEngine({ logLevel: 'info' }))
}
