export type { Credentials, Fetcher, RequestOptions, ResolvedManifest, Resolver } from './remotes.ts'
export { createResolver, type ResolverOptions } from './resolver.ts'
