import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

// Files of /proc are read at once, without the thread pool: who measures must not take what is measured.

const PAGE = 4096
const MEGABYTE = 1_000_000
/** Milliseconds between two looks at a peak. */
const INTERVAL = 25

/** The process, its children, theirs, and so on. */
export function family(root: number): number[] {
  const parents = new Map<number, number>()
  for (const pid of processes()) {
    const parent = parentOf(pid)
    if (parent !== undefined) parents.set(pid, parent)
  }
  const members = new Set([root])
  for (let before = 0; before < members.size; ) {
    before = members.size
    for (const [pid, parent] of parents) if (members.has(parent)) members.add(pid)
  }
  return [...members]
}

/** Processes with `text` in their arguments, as the folder of an engine whose supervisors are nobody's children. */
export function mentioning(text: string): number[] {
  const found: number[] = []
  for (const pid of processes()) {
    if (pid === process.pid) continue
    const words = readProc(pid, 'cmdline')
    if (words.includes(text)) found.push(pid)
  }
  return found
}

/** Megabytes (10^6) of the processes together; pages that several map count in parts (PSS of proc(5)). */
export function proportionalSize(pids: readonly number[]): number {
  let kibibytes = 0
  for (const pid of pids) {
    const text = readProc(pid, 'smaps_rollup')
    kibibytes += Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0)
  }
  return (kibibytes * 1024) / MEGABYTE
}

/** Megabytes (10^6) of the processes together, each with all pages that it maps (RSS of proc(5)). */
export function residentSize(pids: readonly number[]): number {
  let pages = 0
  for (const pid of pids) {
    const text = readProc(pid, 'statm')
    pages += Number(text.split(' ')[1] ?? 0)
  }
  return (pages * PAGE) / MEGABYTE
}

/** Does `work` and watches how much memory the processes have together: the most that was seen, in megabytes. */
export async function watchPeak(pids: () => readonly number[], work: Promise<unknown>): Promise<number> {
  let peak = 0
  let done = false
  const end = () => {
    done = true
  }
  work.then(end, end)
  let watched = pids()
  for (let look = 1; !done; look++) {
    // To find the processes costs more than to look at them.
    if (look % 20 === 0) watched = pids()
    peak = Math.max(peak, residentSize(watched))
    await pause(INTERVAL)
  }
  await work
  return peak
}

function processes(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger)
}

function parentOf(pid: number): number | undefined {
  const text = readProc(pid, 'stat')
  // The name in brackets may hold anything.
  return text === '' ? undefined : Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])
}

/** Nothing of a process that has ended. */
function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return ''
  }
}
