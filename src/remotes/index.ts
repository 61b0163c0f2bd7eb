export type { Credentials, Fetcher, RequestOptions, ResolvedManifest, Resolver } from './remotes.ts'
