export type { RegistrySettings } from './endpoint.ts'
export { maskProxy, type Proxies } from './proxy.ts'
export type { Credentials, Fetcher, RequestOptions, ResolvedManifest, Resolver } from './remotes.ts'
export { createResolver, type ResolverOptions } from './resolver.ts'
