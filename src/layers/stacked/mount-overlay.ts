import { readlinkSync, symlinkSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { kernelAtLeast, mount, mountWithOptions } from '../../host/index.ts'
import { errnoOf } from '../../std/index.ts'

export interface OverlayFolders {
  /** Read-only folders, lowest first; at least one. */
  readonly lowers: readonly string[]
  readonly upper: string
  readonly work: string
}

export type MountOverlay = (target: string, folders: OverlayFolders) => void

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

/** The way to mount overlays here; `root` is a folder that all folders to come lie in. */
export function overlayMounter(root: string): MountOverlay {
  return kernelAtLeast(6, 5) ? mountOverlay : (target, folders) => mountOverlayClassic(root, target, folders)
}

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

/**
 * The same for older kernels, by mount(2), which takes a page of options in all: paths are relative to `root`, and
 * layers go by short links in `<root>/l`, so that 127 of them fit.
 */
export function mountOverlayClassic(root: string, target: string, folders: OverlayFolders): void {
  const below = (path: string) => escaped(relative(root, path))
  const lowers = folders.lowers.toReversed().map(lower => shortLink(root, lower))
  const data = [
    `lowerdir=${lowers.join(':')}`,
    `upperdir=${below(folders.upper)}`,
    `workdir=${below(folders.work)}`,
    ...FIXED.map(([key, value]) => `${key}=${value}`),
  ]
  mount(relative(root, target), { source: 'overlay', type: 'overlay', data: data.join(), cwd: root })
}

/** overlayfs's own escapes within one mount(2) option string. */
function escaped(path: string): string {
  return path.replace(/[\\:,]/g, '\\$&')
}

/** Where the short link to a layer's folder is, when there is one. */
export function shortLinkOf(root: string, lower: string): string {
  return join(root, 'l', basename(dirname(lower)).slice(0, 16))
}

/** A link of at most 18 characters to a layer's folder, made when it is missing. */
function shortLink(root: string, lower: string): string {
  const link = relative(root, shortLinkOf(root, lower))
  const target = relative(join(root, 'l'), lower)
  try {
    symlinkSync(target, join(root, link))
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    if (readlinkSync(join(root, link)) !== target) return escaped(relative(root, lower))
  }
  return link
}
