import type { Filters, Volume, VolumeCreateRequest, VolumeList, VolumesPruned } from '../../apitypes/index.ts'

/** What the volume routes need. */
export interface VolumesBackend {
  /** Throws `invalid_argument` for a bad value of a filter. */
  list(filters: Filters): Promise<VolumeList>
  /** Throws `not_found` "get x: no such volume". */
  inspect(name: string): Promise<Volume>
  /** The volume of this name, made when there is none; one that is there stays as it is. */
  create(request: VolumeCreateRequest): Promise<Volume>
  /** Throws `not_found`, unless with `force`, and `conflict` "remove x: volume is in use - [ids]". */
  remove(name: string, options: { readonly force: boolean }): Promise<void>
  /** Removes anonymous volumes (all with the filter `all`) that no container uses. */
  prune(filters: Filters): Promise<VolumesPruned>
}
