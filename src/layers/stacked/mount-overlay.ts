import { mountWithOptions } from '../../host/index.ts'

export interface OverlayFolders {
  /** Read-only folders, lowest first; at least one. */
  readonly lowers: readonly string[]
  readonly upper: string
  readonly work: string
}

/**
 * What holds for every rootfs, whatever the kernel's defaults: no hidden links between layers, so that an upper folder
 * reads as a layer by itself; and inode numbers from one space (`xino`), since the lower layers are file systems of
 * their own and programs that stay on one file system (`find -xdev`, `tar --one-file-system`) must not notice.
 */
const FIXED: readonly (readonly [string, string])[] = [
  ['index', 'off'],
  ['metacopy', 'off'],
  ['redirect_dir', 'off'],
  ['xino', 'on'],
]

/** Mounts an overlay of the folders at `target`, by the mount API that takes any number of layers (Linux 6.5). */
export function mountOverlay(target: string, folders: OverlayFolders): void {
  mountWithOptions(target, 'overlay', [
    ['source', 'overlay'],
    ...folders.lowers.toReversed().map(lower => ['lowerdir+', lower] as const),
    ['upperdir', folders.upper],
    ['workdir', folders.work],
    ...FIXED,
  ])
}
