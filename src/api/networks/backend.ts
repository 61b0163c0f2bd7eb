import type { Filters, NetworkInspect } from '../../apitypes/index.ts'

/** What the network routes need. */
export interface NetworksBackend {
  /** `detailed`: with the endpoints of running containers. Throws `invalid_argument` for a bad value of a filter. */
  list(options: { readonly filters: Filters; readonly detailed: boolean }): Promise<readonly NetworkInspect[]>
  /**
   * `id`: a name, an ID or the beginning of one. `scope`: the only one to look in; absent: everywhere.
   * Throws `not_found` "network x not found".
   */
  inspect(id: string, options: { readonly scope?: string }): Promise<NetworkInspect>
  /** Removes networks that no container is in. Throws `invalid_argument` for a bad value of a filter. */
  prune(filters: Filters): Promise<{ readonly NetworksDeleted: readonly string[] | null }>
}
