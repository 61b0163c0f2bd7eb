import type { AuthResult, DistributionInspect, Filters, SearchResult } from '../../apitypes/index.ts'
import type { RegistryCredentials } from '../images/backend.ts'

/** What the routes about registries need. */
export interface RegistryBackend {
  /** Tries credentials at the registry that `server` names as users write it; empty: Docker Hub. */
  login(options: LoginOptions): Promise<AuthResult>
  /** What a registry has under a name. */
  distribution(name: string, options: RegistryOptions): Promise<DistributionInspect>
  /** `limit` 0: as many as the registry gives by default. */
  search(term: string, options: RegistryOptions & SearchOptions): Promise<readonly SearchResult[]>
}

export interface RegistryOptions {
  readonly credentials?: RegistryCredentials
  readonly signal: AbortSignal
}

export interface LoginOptions extends RegistryOptions {
  readonly server: string
}

export interface SearchOptions {
  readonly limit: number
  readonly filters: Filters
}
