import { dirname } from 'node:path/posix'
import { differs, entryAt, factsOf, type LowerDirectory, remembering } from '../changes/lower.ts'
import { withPlaceholders } from '../changes/placeholders.ts'
import type { Placeholder } from '../layers.ts'
import type { OpenFolder } from './open-folder.ts'

/** Tells placeholders from the changes in an upper folder. Paths are byte strings. */
export interface PlaceholderCheck {
  /** Whether `name` in `folder` is a placeholder, as it was made and where nothing was below. */
  isPlaceholder(folder: OpenFolder, name: string, path: string): Promise<boolean>
  /** Whether a folder with the changes `names` in it was changed by placeholders alone. */
  isHolder(folder: OpenFolder, names: readonly string[], path: string): Promise<boolean>
}

/** @param below what the changed tree stands on. */
export function placeholderCheck(placeholders: readonly Placeholder[], below: LowerDirectory): PlaceholderCheck {
  // To look for a name costs a look into each of what may be a hundred layers.
  const before = remembering(below)
  const all = withPlaceholders(before, { placeholders, complete: false })
  const known = new Set(placeholders.map(({ path }) => path))
  const holders = new Set(placeholders.map(({ path }) => dirname(path)))
  const isPlaceholder = async (folder: OpenFolder, name: string, path: string) => {
    if (!known.has(path) || (await entryAt(before, path))) return false
    const was = await entryAt(all, path)
    const stat = folder.stat(name)
    if (!was || !stat || differs(was.facts, factsOf(stat, folder.xattr(name, 'security.capability')))) return false
    if (was.target !== undefined) return folder.target(name) === was.target
    if (!was.directory) return true
    using inner = folder.folder(name)
    return inner?.names().length === 0
  }
  return {
    isPlaceholder,
    async isHolder(folder, names, path) {
      if (!holders.has(path) || names.length === 0) return false
      for (const name of names) if (!(await isPlaceholder(folder, name, `${path}/${name}`))) return false
      const was = await entryAt(all, path)
      return was !== undefined && !differs(was.facts, factsOf(folder.self))
    },
  }
}
