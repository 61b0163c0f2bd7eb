import { familiarName, familiarString, type Reference } from '../reference/index.ts'
import { type Bytes, isStrataError, type Logger, retry, StrataError } from '../std/index.ts'
import { download } from './download.ts'
import { createRegistryDirectory, type RegistryDirectoryOptions, type Source } from './endpoint.ts'
import { fetchBlob } from './fetch-blob.ts'
import { fetchManifest } from './fetch-manifest.ts'
import { readHostCertificates } from './host-certificates.ts'
import { createHttpClient } from './http-client.ts'
import { login } from './login.ts'
import { createMirrors } from './mirrors.ts'
import { createProxyOf, type Proxies } from './proxy.ts'
import { createPusher } from './pusher.ts'
import { createRegistryClient } from './registry.ts'
import { describeProblem, type RegistryProblem } from './registry-error.ts'
import type { Fetcher, RequestOptions, ResolvedManifest, Resolver } from './remotes.ts'
import { search } from './search.ts'
import { listTags } from './tags.ts'

export interface ResolverOptions extends RegistryDirectoryOptions {
  readonly userAgent: string
  /** Folders with certificates of hosts, in the order in which they are looked at; see {@link readHostCertificates}. */
  readonly certificateFolders?: readonly string[]
  readonly proxies?: Proxies
  /** Told of mirrors that fail. */
  readonly log?: Logger
  /** The longest silence of a registry in milliseconds; 60 s when absent. */
  readonly idleTimeout?: number
  /** The first pause before a manifest is asked for again, in milliseconds; 300 when absent. */
  readonly retryPause?: number
}

const IDLE_TIMEOUT = 60_000
const ATTEMPTS = 4
const LONGEST_PAUSE = 10_000

/** A resolver keeps connections and tokens: make one for all pulls, dispose of it at the end. */
export function createResolver(options: ResolverOptions): Resolver & AsyncDisposable {
  let directory = createRegistryDirectory(options)
  const proxyOf = createProxyOf(options.proxies ?? {})
  const http = createHttpClient({
    userAgent: options.userAgent,
    idleTimeout: options.idleTimeout ?? IDLE_TIMEOUT,
    async routeTo(url) {
      const proxy = proxyOf(url)
      if (url.protocol === 'http:') return { verify: true, ...(proxy && { proxy }) }
      const certificates = await readHostCertificates(options.certificateFolders ?? [], url.host)
      const verify = !(await directory.insecure(url.host))
      return { verify, ...(certificates && { certificates }), ...(proxy && { proxy }) }
    },
  })
  let registry = createRegistryClient(http, directory)
  let mirrors = createMirrors(directory, { log: options.log })
  const patiently = <T>(work: () => Promise<T>, signal: AbortSignal) =>
    retry(work, {
      attempts: ATTEMPTS,
      pause: options.retryPause ?? 300,
      longest: LONGEST_PAUSE,
      retriable: mayPass,
      pauseOf: retryAfter,
      signal,
    })

  return {
    resolve: (reference, request) => lookUp(reference, request, error => translate(error, reference)),
    lookUp: (reference, request) => lookUp(reference, request, error => error),
    tags: (repository, request) =>
      mirrors.first(repository.domain, async source => {
        await perhapsPatiently(source, () => registry.ping({ ...repository, source }, request.signal), request.signal)
        try {
          return await listTags(
            registry,
            { ...repository, source },
            {
              ...request,
              patiently: page => perhapsPatiently(source, page, request.signal),
            },
          )
        } catch (error) {
          throw translate(error, repository)
        }
      }),
    login: wanted => login(http, directory, wanted),
    search: wanted => search(http, directory, wanted),
    fetcher: (reference, request): Fetcher => fetcher(reference, request),
    download: (url, { signal }) => download(http, url, signal),
    configure(settings) {
      directory = createRegistryDirectory(settings)
      registry = createRegistryClient(http, directory)
      mirrors = createMirrors(directory, { log: options.log })
    },
    pusher: (repository, request) => createPusher(registry, { repository, request, patiently }),
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  }

  /** Mirrors are asked once: there is somebody else to ask. */
  function perhapsPatiently<T>(source: Source, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return source.mirror ? work() : patiently(work, signal)
  }

  function lookUp(reference: Reference, request: RequestOptions, worded: (error: unknown) => unknown) {
    const { signal } = request
    const name = reference.digest ?? reference.tag ?? 'latest'
    return mirrors.first(reference.domain, async source => {
      await perhapsPatiently(source, () => registry.ping({ ...reference, source }, signal), signal)
      return readManifest(source, { reference, name, worded }, request)
    })
  }

  async function readManifest(
    source: Source,
    { reference, name, worded }: WantedName,
    request: RequestOptions,
  ): Promise<ResolvedManifest> {
    const wanted = { repository: { ...reference, source }, name, shown: familiarString(reference) }
    try {
      return await perhapsPatiently(source, () => fetchManifest(registry, wanted, request), request.signal)
    } catch (error) {
      throw worded(error)
    }
  }

  function fetcher(reference: Reference, request: RequestOptions): Fetcher {
    return {
      async manifest({ digest }) {
        const pinned = { ...reference, digest }
        const wanted = { reference: pinned, name: digest, worded: (error: unknown) => translate(error, reference) }
        const found = await mirrors.first(reference.domain, source => readManifest(source, wanted, request))
        return found.bytes
      },
      blob: (descriptor, offset) =>
        mirrors.first(reference.domain, async source => {
          const wanted = { repository: { ...reference, source }, descriptor, offset }
          const bytes = await fetchBlob(registry, wanted, request)
          mirrors.served(descriptor.digest, source)
          return source.mirror ? watched(bytes, () => mirrors.broke(source)) : bytes
        }),
      refuse: ({ digest }) => mirrors.refuse(digest),
    }
  }
}

interface WantedName {
  readonly reference: Reference
  /** Tag or digest. */
  readonly name: string
  /** Puts an error into the words that the caller wants. */
  readonly worded: (error: unknown) => unknown
}

async function* watched(bytes: Bytes, broke: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (error) {
    if (!isStrataError(error, 'canceled')) broke()
    throw error
  }
}

/** A pause that a registry asks for, in milliseconds. */
function retryAfter(error: unknown): number | undefined {
  const pause = isStrataError(error) ? error.details.retryAfter : undefined
  return typeof pause === 'number' ? pause : undefined
}

function mayPass(error: unknown): boolean {
  return isStrataError(error, 'unavailable') && !error.details.final && (retryAfter(error) ?? 0) <= LONGEST_PAUSE
}

/**
 * Puts the name that the user knows into the registry's own words, as dockerd does: not when it says no more than a code,
 * and not when it was a realm that refused.
 */
function translate(error: unknown, reference: Reference): unknown {
  if (!isStrataError(error)) return error
  const problem = error.details.problem as RegistryProblem | undefined
  if (problem?.message === undefined || error.details.words !== undefined) return error
  const words = describeProblem(problem)
  const options = { cause: error, details: error.details }
  switch (problem.code) {
    case 'DENIED':
      return new StrataError(
        'not_found',
        `pull access denied for ${familiarName(reference)}, repository does not exist or may require 'docker login': ${words}`,
        options,
      )
    case 'MANIFEST_UNKNOWN':
      return new StrataError('not_found', `manifest for ${familiarString(reference)} not found: ${words}`, options)
    case 'NAME_UNKNOWN':
      return new StrataError('not_found', `repository ${familiarName(reference)} not found: ${words}`, options)
    default:
      return error
  }
}
