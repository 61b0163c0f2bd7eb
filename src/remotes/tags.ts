import { list, string, struct } from '../gojson/index.ts'
import { collect, StrataError } from '../std/index.ts'
import { redactUrl } from './redact.ts'
import type { RegistryClient, Repository } from './registry.ts'
import { readAnswer } from './registry-json.ts'
import type { RequestOptions } from './remotes.ts'

/** The most bytes of one page. */
const PAGE_LIMIT = 32 * 1024 * 1024
const PAGES = 10_000

const tagList = struct('struct { Tags []string "json:\\"tags\\"" }', { tags: list(string) })

interface Page {
  readonly url: URL
  readonly tags: readonly string[]
  readonly next: URL | undefined
}

/**
 * All tags of a repository, in the registry's order, over as many pages as it makes of them, at other hosts too:
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-tags. `patiently` repeats the requests
 * that failed in a way that may pass.
 */
export async function listTags(
  registry: RegistryClient,
  repository: Repository,
  options: RequestOptions & { readonly patiently: (read: () => Promise<Page>) => Promise<Page> },
): Promise<readonly string[]> {
  const { patiently, ...request } = options
  const tags: string[] = []
  const asked = new Set<string>()
  const pageAt = async (resource: string | URL): Promise<Page> => {
    const { url, headers, body } = await registry.request(repository, { ...request, resource })
    const { tags } = readAnswer(await collect(body, PAGE_LIMIT), { type: tagList, part: 'whole' })
    return { url, tags: tags ?? [], next: nextPage(headers.link, url) }
  }
  let resource: string | URL | undefined = 'tags/list'
  while (resource !== undefined) {
    const wanted: string | URL = resource
    const page = await patiently(() => pageAt(wanted))
    tags.push(...page.tags)
    asked.add(page.url.href)
    resource = page.next
    if (resource && (asked.has(resource.href) || asked.size >= PAGES)) {
      throw new StrataError('unavailable', 'the list of tags of the registry does not end', {
        details: { final: true },
      })
    }
  }
  return tags
}

/** `<…>; rel="next"`: https://www.rfc-editor.org/rfc/rfc8288 */
function nextPage(header: string | string[] | undefined, base: URL): URL | undefined {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '')
  for (const [, target = '', parameters = ''] of text.matchAll(/<([^>]*)>([^<]*)/g)) {
    if (!/;\s*rel="?next"?/i.test(parameters)) continue
    const url = URL.parse(target, base.href)
    if (url && url.protocol !== 'http:' && url.protocol !== 'https:') {
      const problem = `Get "${redactUrl(url)}": unsupported protocol scheme "${url.protocol.slice(0, -1)}"`
      throw new StrataError('unavailable', problem, { details: { final: true } })
    }
    return url ?? undefined
  }
  return undefined
}
