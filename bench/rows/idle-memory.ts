import { setTimeout as pause } from 'node:timers/promises'
import { proportionalSize, residentSize } from '../memory.ts'
import type { Row } from '../row.ts'

/** Seconds that an engine gets to come to rest. */
const rest = 10

/** What stays in memory of all processes of an engine after it has pulled an image and run a container, when nothing runs. */
export const idleMemory: Row = {
  metrics: [
    { id: 'idle-memory', title: 'idle memory (RSS)', unit: 'MB', target: { most: 130 } },
    { id: 'idle-memory-pss', title: 'idle memory (PSS)', unit: 'MB', target: { most: 130 } },
  ],
  rounds: 3,
  async measure(peer, { smallImage }) {
    if (peer.resident().length === 0) return {}
    await peer.run(['pull', '--quiet', ...peer.flags.pull, smallImage])
    await peer.run(['run', '--rm', smallImage, 'true'])
    await pause(rest * 1000)
    const pids = peer.resident()
    return { 'idle-memory': residentSize(pids), 'idle-memory-pss': proportionalSize(pids) }
  },
}
