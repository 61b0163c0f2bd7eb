import type { ExplainedPrune } from '../apitypes/index.ts'
import { type Connection, pruneImages } from '../client/index.ts'
import { humanSize, StrataError } from '../std/index.ts'
import type { Output, ViewOptions } from './cli.ts'
import { printable, shortDigest, shortTime, table } from './text.ts'

export interface ImagePruneOptions extends ViewOptions {
  /** Not only images without a name, but all that no container uses. */
  readonly all?: boolean
  /** `until=24h`, `label=x`, `unused-for=30d`, `keep=3` … */
  readonly filter?: readonly string[]
  /** Show what would be removed, and why, and remove nothing. */
  readonly dryRun?: boolean
  /** Don't ask. */
  readonly force?: boolean
}

/**
 * `strata image prune`: says of each image what becomes of it and why; asks before it removes anything.
 * @param confirm asks the user; resolves with what he said.
 */
export async function showImagePrune(
  connection: Connection,
  out: Output,
  { confirm, ...options }: ImagePruneOptions & { readonly confirm: (question: string) => Promise<boolean> },
): Promise<number> {
  const { dryRun = false, force = false, json } = options
  const filters = filtersOf(options)
  if (!dryRun && !force) {
    const plan = await pruneImages(connection, { filters, dryRun: true })
    const goes = plan.Images.some(({ Action }) => Action !== 'keep')
    if (!json) await out.write(planTable(plan))
    if (goes && !(await confirm(`Remove ${humanSize(plan.SpaceReclaimed, 3)}? [y/N] `))) return 0
  }
  const result = await pruneImages(connection, { filters, dryRun })
  if (json) {
    await out.write(`${JSON.stringify(result)}\n`)
    return 0
  }
  if (dryRun || force) await out.write(planTable(result))
  const label = dryRun ? 'Would be reclaimed' : 'Total reclaimed space'
  await out.write(`${label}: ${humanSize(result.SpaceReclaimed)}\n`)
  return 0
}

/** As Docker's API takes them: the values of each filter. */
function filtersOf({ all, filter = [] }: ImagePruneOptions): Record<string, string[]> {
  const filters: Record<string, string[]> = all ? { dangling: ['false'] } : {}
  for (const text of filter) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
    if (name === undefined || value === undefined) {
      throw new StrataError('invalid_argument', `invalid filter "${text}": expected name=value`)
    }
    // `label!=x` is the filter `label!`.
    filters[name.trim().toLowerCase()] = [...(filters[name.trim().toLowerCase()] ?? []), value.trim()]
  }
  return filters
}

function planTable({ Images }: ExplainedPrune): string {
  const rows = Images.map(({ Action, Id, Names, Bytes, LastUsed, Reason }) => [
    Action,
    shortDigest(Id),
    printable(Names.join(', ') || '<none>'),
    Action === 'keep' ? '' : humanSize(Bytes, 3),
    LastUsed === undefined ? 'never' : shortTime(LastUsed),
    printable(Reason),
  ])
  const columns = [
    { title: 'ACTION' },
    { title: 'IMAGE ID' },
    { title: 'NAMES' },
    { title: 'FREES', align: 'right' },
    { title: 'LAST USED' },
    { title: 'REASON' },
  ] as const
  return `${table(columns, rows)}\n`
}
