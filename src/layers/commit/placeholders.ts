import { dirname } from 'node:path'
import { entryAt, type LowerDirectory, type LowerEntry } from '../changes/lower.ts'
import type { Placeholder } from '../layers.ts'
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../tree/node.ts'
import type { OpenFolder } from './open-folder.ts'

/** Tells what the caller put into a rootfs from what was changed there. */
export interface PlaceholderCheck {
  /** Whether `name` in `folder` is a placeholder, as it was made and where nothing was below. */
  isPlaceholder(folder: OpenFolder, name: string, path: string): Promise<boolean>
  /** Whether a folder with the changes `names` in it was changed by placeholders alone. */
  isHolder(folder: OpenFolder, names: readonly string[], path: string): Promise<boolean>
}

/** @param before what the changed tree stands on. */
export function placeholderCheck(placeholders: readonly Placeholder[], before: LowerDirectory): PlaceholderCheck {
  const known = new Map(placeholders.map(each => [each.path, each]))
  const holders = new Set(placeholders.map(({ path }) => dirname(path)))
  const isPlaceholder = async (folder: OpenFolder, name: string, path: string) => {
    const placeholder = known.get(path)
    if (!placeholder || !isAsMade(folder, name, placeholder)) return false
    return (await entryAt(before, path)) === undefined
  }
  return {
    isPlaceholder,
    async isHolder(folder, names, path) {
      if (!holders.has(path) || names.length === 0) return false
      for (const name of names) if (!(await isPlaceholder(folder, name, `${path}/${name}`))) return false
      return isUntouched(folder, await entryAt(before, path))
    },
  }
}

function isAsMade(folder: OpenFolder, name: string, { kind, target }: Placeholder): boolean {
  const stat = folder.stat(name)
  if (stat?.uid !== 0n || stat.gid !== 0n) return false
  switch (Number(stat.mode) & S_IFMT) {
    case S_IFDIR: {
      using inner = folder.folder(name)
      return kind === 'directory' && inner?.names().length === 0
    }
    case S_IFREG:
      return kind === 'file' && stat.size === 0n
    case S_IFLNK:
      return kind === 'symlink' && folder.target(name) === target
    default:
      return false
  }
}

/** Whether a folder is what it was, or, where there was none, what is made on the way to a placeholder. */
function isUntouched(folder: OpenFolder, before: LowerEntry | undefined): boolean {
  const { mode, uid, gid } = folder.self
  const was = before?.facts ?? { mode: S_IFDIR | 0o755, uid: 0, gid: 0 }
  return Number(mode) === was.mode && Number(uid) === was.uid && Number(gid) === was.gid
}
