export type { RegistrySettings } from './endpoint.ts'
export { maskProxy, type Proxies } from './proxy.ts'
export type {
  Credentials,
  Fetcher,
  Pusher,
  RepositoryName,
  RequestOptions,
  ResolvedManifest,
  Resolver,
  Upload,
} from './remotes.ts'
export { createResolver, type ResolverOptions } from './resolver.ts'
