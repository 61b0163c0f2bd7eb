import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { succeed } from '../../e2e/fixtures/processes.ts'
import { pushAnew } from '../push-anew.ts'
import { type Peer, type Row, timed } from '../row.ts'

/**
 * An image of many small layers: what each layer costs beside its bytes. It is pulled, run for the first time, saved, loaded
 * and pushed to a registry that has nothing yet. Before each of these the disk is at rest (`sync`), and nothing of the
 * image is there before it is pulled and loaded (`image prune` waits for what is removed in the background).
 */
export const deepImage: Row = {
  metrics: [
    { id: 'deep-pull', title: 'pull of 120 small layers', unit: 'ms', target: { ratio: 0.5 } },
    { id: 'deep-run', title: 'first run --rm --network none of them', unit: 'ms', target: { ratio: 0.75 } },
    { id: 'deep-save', title: 'save of them', unit: 'ms', target: { ratio: 0.5 } },
    { id: 'deep-load', title: 'load of that archive', unit: 'ms', target: { ratio: 0.3 } },
    { id: 'deep-push', title: 'push of them, all new', unit: 'ms', target: { ratio: 0.75 } },
  ],
  rounds: 3,
  deep: true,
  async measure(peer, { deepImage: image }) {
    if (peer.name === 'podman') return {}
    const folder = await mkdtemp(join(tmpdir(), 'strata-bench-deep-'))
    try {
      const archive = join(folder, 'image.tar')
      const pull = await atRest(peer, ['pull', '--quiet', image])
      const run = await atRest(peer, ['run', '--rm', '--network', 'none', image, 'true'])
      const save = await atRest(peer, ['save', '--output', archive, image])
      await removed(peer, image)
      const load = await atRest(peer, ['load', '--quiet', '--input', archive])
      const { seconds } = await pushAnew(peer, image)
      await removed(peer, image)
      return {
        'deep-pull': pull,
        'deep-run': run,
        'deep-save': save,
        'deep-load': load,
        'deep-push': seconds * 1000,
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}

async function atRest(peer: Peer, args: readonly string[]): Promise<number> {
  await succeed(['sync'], { timeout: 600_000 })
  return await timed(() => peer.run(args))
}

async function removed(peer: Peer, image: string): Promise<void> {
  await peer.run(['rmi', image])
  await peer.run(['image', 'prune', '--force'])
}
