/** The answer of `POST /auth`. */
export interface AuthResult {
  readonly IdentityToken: string
  readonly Status: string
}

/** The answer of `GET /distribution/{name}/json`: what a registry has under a name. */
export interface DistributionInspect {
  readonly Descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number }
  readonly Platforms: readonly DistributionPlatform[] | null
}

export interface DistributionPlatform {
  readonly architecture: string
  readonly os: string
  readonly 'os.version'?: string
  readonly 'os.features'?: readonly string[]
  readonly variant?: string
}

/** One repository of `GET /images/search`. */
export interface SearchResult {
  readonly star_count: number
  readonly is_official: boolean
  readonly name: string
  /** Always false: nobody says it truly any more. */
  readonly is_automated: boolean
  readonly description: string
}
