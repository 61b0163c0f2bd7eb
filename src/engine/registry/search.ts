import type { Filters, SearchResult } from '../../apitypes/index.ts'
import type { Search } from '../../remotes/index.ts'
import { StrataError } from '../../std/index.ts'
import type { EngineContext } from '../context.ts'
import { boolFilter } from '../filter-values.ts'
import { registryFailure } from './registry-failure.ts'

/** `docker search`. Nothing counts as automated any more, as in Docker. */
export async function search(
  context: EngineContext,
  request: Search & { readonly filters: Filters },
): Promise<SearchResult[]> {
  const { filters, ...wanted } = request
  if (boolFilter(filters, 'is-automated')) return []
  const official = boolFilter(filters, 'is-official')
  const wantedStars = filters.get('stars')
  const stars = wantedStars ? Math.max(0, ...wantedStars.map(starsOf)) : Number.NEGATIVE_INFINITY
  const signal = AbortSignal.any([request.signal, context.closing.signal])
  try {
    const found = await context.resolver.search({ ...wanted, signal })
    return found
      .filter(each => (official === undefined || each.official === official) && each.stars >= stars)
      .map(each => ({
        star_count: each.stars,
        is_official: each.official,
        name: each.name,
        is_automated: false,
        description: each.description,
      }))
  } catch (error) {
    throw registryFailure(error)
  }
}

function starsOf(text: string): number {
  if (/^[+-]?\d{1,15}$/.test(text)) return Number(text)
  const why = /^[+-]?\d+$/.test(text) ? 'value out of range' : 'invalid syntax'
  const problem = `strconv.Atoi: parsing ${JSON.stringify(text)}: ${why}`
  throw new StrataError('invalid_argument', `invalid filter 'stars=${text}': ${problem}`)
}
