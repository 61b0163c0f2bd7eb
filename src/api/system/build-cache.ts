import { isStrataError, StrataError } from '../../std/index.ts'
import type { Exchange } from '../exchange.ts'
import { parseFilters } from '../filters.ts'
import { sendJson } from '../reply.ts'
import type { SystemBackend } from './backend.ts'

const filters = [
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
  for (const name of sizes) checkSize(name, query.text(name))
  try {
    parseFilters(query.text('filters'), filters)
  } catch (error) {
    if (!isStrataError(error)) throw error
    throw new StrataError(error.code, `failed to prune build cache: ${error.message}`, { cause: error })
  }
  sendJson(response, 200, await backend.pruneBuildCache())
}

function checkSize(name: string, text: string): void {
  if (/^[+-]?\d+$|^$/.test(text)) return
  const reason = `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`
  throw new StrataError('invalid_argument', `${name} is in bytes and expects an integer, got ${text}: ${reason}`)
}
