import type { ContainerTop } from '../apitypes/index.ts'
import { run } from '../host/index.ts'
import { StrataError } from '../std/index.ts'
import { type EngineContext, findSettled, publishContainer, requireRunning } from './context.ts'

/** The processes of a container as `ps` of the host shows them. */
export async function containerTop(context: EngineContext, id: string, psArgs: string): Promise<ContainerTop> {
  const container = await findSettled(context, id)
  requireRunning(container)
  if (container.record.state.restarting || !container.run) {
    throw new StrataError('conflict', `Container ${container.id} is restarting, wait until the container is running`)
  }
  const args = (psArgs === '' ? '-ef' : psArgs).split(/\s+/).filter(arg => arg !== '')
  // As dockerd: only options that pick columns and formats; nothing that names files or other processes' memory.
  if (args.some(arg => !/^[a-zA-Z0-9_,:=%+\-.]+$/.test(arg))) {
    throw new StrataError('invalid_argument', `invalid ps arguments: ${psArgs}`)
  }
  const pids = new Set(await container.run.task.pids())
  const { code, stdout, stderr } = await run('ps', args)
  if (code !== 0) throw new StrataError('internal', `ps: ${stderr.toString().trim()}`)
  const top = parsePs(stdout.toString(), pids)
  publishContainer(context, container, 'top')
  return top
}

/** Picks the rows of `pids` out of what ps printed; the last column takes the rest of its line. */
export function parsePs(output: string, pids: ReadonlySet<number>): ContainerTop {
  const lines = output.split('\n').filter(line => line !== '')
  const titles = (lines[0] ?? '').trim().split(/\s+/)
  const pidColumn = titles.indexOf('PID')
  if (pidColumn < 0) throw new StrataError('internal', "Couldn't find PID field in ps output")
  const rows: string[][] = []
  for (const line of lines.slice(1)) {
    const fields = line.trim().split(/\s+/)
    if (!pids.has(Number(fields[pidColumn]))) continue
    rows.push([...fields.slice(0, titles.length - 1), fields.slice(titles.length - 1).join(' ')])
  }
  return { Titles: titles, Processes: rows }
}
