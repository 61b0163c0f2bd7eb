import { reworded, StrataError } from '../../std/index.ts'
import type { Exchange } from '../exchange.ts'
import { checkFilters, readFilters } from '../filters.ts'
import { sendJson } from '../reply.ts'
import type { SystemBackend } from './backend.ts'

const accepted = [
  'label',
  'label!',
  'until',
  'unused-for',
  'id',
  'parent',
  'type',
  'description',
  'inuse',
  'shared',
  'private',
]
const sizes = ['keep-storage', 'reserved-space', 'max-used-space', 'min-free-space']

/** `POST /build/prune`. */
export async function pruneBuildCache(backend: SystemBackend, { query, response }: Exchange): Promise<void> {
  const filters = readFilters(query.text('filters'))
  for (const name of sizes) checkSize(name, query.text(name))
  const checked = reworded(
    () => checkFilters(filters, accepted),
    message => new StrataError('invalid_argument', `failed to prune build cache: ${message}`),
  )
  sendJson(response, 200, await backend.pruneBuildCache(checked))
}

function checkSize(name: string, text: string): void {
  if (/^[+-]?\d+$|^$/.test(text)) return
  const reason = `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`
  throw new StrataError('invalid_argument', `${name} is in bytes and expects an integer, got ${text}: ${reason}`)
}
