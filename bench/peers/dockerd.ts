import { startDockerd } from '../../e2e/fixtures/dockerd.ts'
import { enginePeer } from './engine-peer.ts'

/** dockerd with the containerd that it starts itself, and the docker CLI. */
export async function dockerd() {
  return enginePeer('dockerd', await startDockerd())
}
