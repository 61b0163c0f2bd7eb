import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { succeed } from '../e2e/fixtures/processes.ts'
import { startRegistry } from '../e2e/fixtures/registry.ts'
import { watchPeak } from './memory.ts'
import { type Peer, timed } from './row.ts'

/** Pushes an image to a registry that has nothing yet, with the disk at rest. `peak`: the most memory meanwhile, in megabytes. */
export async function pushAnew(
  peer: Peer,
  image: string,
): Promise<{ readonly seconds: number; readonly peak: number }> {
  const root = await mkdtemp(join(tmpdir(), 'strata-bench-push-'))
  try {
    await using registry = await startRegistry({ root })
    const target = `${registry.host}/large:latest`
    await peer.run(['tag', image, target])
    await succeed(['sync'], { timeout: 600_000 })
    let milliseconds = 0
    const work = timed(() => peer.run(['push', '--quiet', ...peer.flags.pull, target])).then(duration => {
      milliseconds = duration
    })
    const peak = await watchPeak(peer.working, work)
    await peer.run(['rmi', target])
    return { seconds: milliseconds / 1000, peak }
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}
