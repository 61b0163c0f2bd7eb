export type { RegistryDirectoryOptions, RegistrySettings } from './endpoint.ts'
export { insecureEntries } from './insecure.ts'
export { maskProxy, type Proxies } from './proxy.ts'
export type {
  Credentials,
  Fetcher,
  FoundRepository,
  Pusher,
  RepositoryName,
  RequestOptions,
  ResolvedManifest,
  Resolver,
  Search,
  Upload,
} from './remotes.ts'
export { createResolver, type ResolverOptions } from './resolver.ts'
