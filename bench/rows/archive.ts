import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { succeed } from '../../e2e/fixtures/processes.ts'
import { watchPeak } from '../memory.ts'
import { type Peer, type Row, timed } from '../row.ts'

/**
 * The large image to a file, and from that file again after its removal; how much memory the engine's processes have
 * together at most meanwhile. What went before is on the disk (`sync`). The docker CLI writes the file to the disk before it
 * ends, which takes it seconds whoever sends: the answer alone is measured as well.
 */
export const archive: Row = {
  metrics: [
    { id: 'save', title: 'save of that image', unit: 's', target: { ratio: 0.15 } },
    { id: 'save-answer', title: "the API's answer to that, kept nowhere", unit: 's', target: { ratio: 0.15 } },
    { id: 'save-memory', title: 'peak memory of that save (RSS)', unit: 'MB', target: { most: 300 } },
    { id: 'load', title: 'load of that archive', unit: 's', target: { ratio: 0.15 } },
    { id: 'load-memory', title: 'peak memory of that load (RSS)', unit: 'MB', target: { most: 300 } },
  ],
  rounds: 5,
  large: true,
  async prepare(peer, { largeImage }) {
    await peer.run(['pull', '--quiet', ...peer.flags.pull, largeImage])
  },
  async measure(peer, { largeImage, root }) {
    const path = join(root, `archive-of-${peer.name}.tar`)
    await rm(path, { force: true })
    const save = await measured(peer, ['save', '--output', path, largeImage])
    if ((await stat(path)).size < 1e9) throw new Error(`${peer.name}: the archive is too small`)
    const { get } = peer
    const answer = get && (await timed(() => get(`/images/get?names=${largeImage}`)))
    await peer.run(['rmi', largeImage])
    // The layers are gone before they come again.
    await peer.run(['image', 'prune', '--force'])
    const load = await measured(peer, ['load', '--quiet', '--input', path])
    return {
      save: save.milliseconds / 1000,
      'save-answer': answer && answer / 1000,
      'save-memory': save.memory,
      load: load.milliseconds / 1000,
      'load-memory': load.memory,
    }
  },
}

async function measured(peer: Peer, args: readonly string[]) {
  await succeed(['sync'], { timeout: 600_000 })
  let milliseconds = 0
  const work = timed(() => peer.run(args)).then(duration => {
    milliseconds = duration
  })
  const memory = await watchPeak(peer.working, work)
  return { milliseconds, memory }
}
