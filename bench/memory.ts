import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

const PAGE = 4096
const MEGABYTE = 1_000_000
/** Milliseconds between two looks at a peak. */
const INTERVAL = 25

/** The process, its children, theirs, and so on. */
export async function family(root: number): Promise<number[]> {
  const parents = new Map<number, number>()
  for (const pid of await processes()) {
    const parent = await parentOf(pid)
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
export async function mentioning(text: string): Promise<number[]> {
  const found: number[] = []
  for (const pid of await processes()) {
    if (pid === process.pid) continue
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (words.includes(text)) found.push(pid)
  }
  return found
}

/** Megabytes (10^6) of the processes together; pages that several map count in parts (PSS of proc(5)). */
export async function proportionalSize(pids: readonly number[]): Promise<number> {
  let kibibytes = 0
  for (const pid of pids) {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
    kibibytes += Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0)
  }
  return (kibibytes * 1024) / MEGABYTE
}

/** Megabytes (10^6) of the processes together, each with all pages that it maps (RSS of proc(5)). */
export async function residentSize(pids: readonly number[]): Promise<number> {
  let pages = 0
  for (const pid of pids) {
    const text = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '')
    pages += Number(text.split(' ')[1] ?? 0)
  }
  return (pages * PAGE) / MEGABYTE
}

/** Does `work` and watches how much memory the processes have together: the most that was seen, in megabytes. */
export async function watchPeak(pids: () => Promise<readonly number[]>, work: Promise<unknown>): Promise<number> {
  let peak = 0
  let done = false
  const end = () => {
    done = true
  }
  work.then(end, end)
  let watched = await pids()
  for (let look = 1; !done; look++) {
    // To find the processes costs more than to look at them.
    if (look % 20 === 0) watched = await pids()
    peak = Math.max(peak, await residentSize(watched))
    await pause(INTERVAL)
  }
  await work
  return peak
}

async function processes(): Promise<number[]> {
  return (await readdir('/proc')).map(Number).filter(Number.isInteger)
}

async function parentOf(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The name in brackets may hold anything.
  return text === undefined ? undefined : Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])
}
