import type { Filters } from '../../apitypes/index.ts'

/** What the plugin routes need. */
export interface PluginsBackend {
  /** Throws `invalid_argument` for a bad value of a filter. */
  list(filters: Filters): Promise<readonly object[]>
  /** Throws `not_found` `plugin "x" not found`. */
  inspect(name: string): Promise<object>
}
