import { collect, StrataError } from '../std/index.ts'
import { parseRegistryJson } from './parse-registry-json.ts'
import type { RegistryClient, Repository } from './registry.ts'
import type { RequestOptions } from './remotes.ts'

/** The most bytes of one page. */
const PAGE_LIMIT = 32 * 1024 * 1024
const PAGES = 10_000

/**
 * All tags of a repository, in the registry's order, over as many pages as it makes of them:
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-tags
 */
export async function listTags(
  registry: RegistryClient,
  repository: Repository,
  options: RequestOptions,
): Promise<readonly string[]> {
  const tags: string[] = []
  const asked = new Set<string>()
  let resource: string | URL | undefined = 'tags/list'
  while (resource !== undefined) {
    const response = await registry.request(repository, { ...options, resource })
    const { url } = response
    const page = parseRegistryJson(await collect(response.body, PAGE_LIMIT))
    tags.push(...tagsOf(page))
    asked.add(url.href)
    const next = nextPage(response.headers.link, url)
    if (next && (asked.has(next.href) || asked.size >= PAGES || next.origin !== url.origin)) {
      throw new StrataError('unavailable', 'the list of tags of the registry does not end', {
        details: { final: true },
      })
    }
    resource = next
  }
  return tags
}

function tagsOf(page: unknown): string[] {
  const tags: unknown = (page as { tags?: unknown } | null)?.tags ?? []
  if (Array.isArray(tags) && tags.every(tag => typeof tag === 'string')) return tags
  throw new StrataError('unavailable', 'the list of tags of the registry is malformed', { details: { final: true } })
}

/** `<…>; rel="next"`: https://www.rfc-editor.org/rfc/rfc8288 */
function nextPage(header: string | string[] | undefined, base: URL): URL | undefined {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '')
  for (const [, target = '', parameters = ''] of text.matchAll(/<([^>]*)>([^<]*)/g)) {
    if (/;\s*rel="?next"?/i.test(parameters)) return URL.parse(target, base.href) ?? undefined
  }
  return undefined
}
