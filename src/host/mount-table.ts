import { readFile } from 'node:fs/promises'

/** A line of /proc/PID/mountinfo, as proc(5) describes it. Paths with bytes that are not UTF-8 have U+FFFD in them. */
export interface MountEntry {
  readonly id: number
  readonly parentId: number
  /** `major:minor`. */
  readonly device: string
  /** The folder of the file system that is mounted; `/` when it is no bind mount of a part. */
  readonly root: string
  readonly mountPoint: string
  /** Options of this mount: `rw`, `noatime`, … */
  readonly options: readonly string[]
  /** Peer group of a shared mount. */
  readonly shared: number | undefined
  readonly type: string
  readonly source: string
  /** Options of the file system itself, as it prints them. */
  readonly superOptions: string
}

/** Undoes the kernel's octal escapes of blank, tab, newline, backslash and `#`. */
function unescapeOctal(field: string): string {
  if (!field.includes('\\')) return field
  return field.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}

/** Reads mountinfo's text. Lines that are not of its form are left out. */
export function parseMountTable(text: string): MountEntry[] {
  const entries: MountEntry[] = []
  for (const line of text.split('\n')) {
    const fields = line.split(' ')
    const end = fields.indexOf('-', 6)
    const [id, parentId, device, root, mountPoint, options] = fields
    const [type, source, superOptions] = end < 0 ? [] : fields.slice(end + 1)
    if (device === undefined || root === undefined || mountPoint === undefined || options === undefined) continue
    if (type === undefined || source === undefined) continue
    const shared = fields.slice(6, end).find(tag => tag.startsWith('shared:'))
    entries.push({
      id: Number(id),
      parentId: Number(parentId),
      device,
      root: unescapeOctal(root),
      mountPoint: unescapeOctal(mountPoint),
      options: options.split(','),
      shared: shared === undefined ? undefined : Number(shared.slice('shared:'.length)),
      type: unescapeOctal(type),
      source: unescapeOctal(source),
      superOptions: unescapeOctal(superOptions ?? ''),
    })
  }
  return entries
}

/** The mounts that this process sees, in the kernel's order: a later one at the same point lies on top. */
export async function readMountTable(): Promise<MountEntry[]> {
  return parseMountTable(await readFile('/proc/self/mountinfo', 'utf8'))
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`)
}

/** The mount that shows the absolute, clean `path`: the topmost one at the deepest point above it. */
export function findMount(table: readonly MountEntry[], path: string): MountEntry | undefined {
  let found: MountEntry | undefined
  for (const entry of table) {
    if (isWithin(path, entry.mountPoint) && entry.mountPoint.length >= (found?.mountPoint.length ?? 0)) found = entry
  }
  return found
}

/** Mounts at `prefix` (absolute, clean) and below it, in the order in which to unmount them: last mounted first. */
export async function mountsUnder(prefix: string): Promise<MountEntry[]> {
  return (await readMountTable()).filter(entry => isWithin(entry.mountPoint, prefix)).reverse()
}

/** The file system type (`ext4`, `overlay`, …) that `path` (absolute, clean) lies on. */
export async function fileSystemOf(path: string): Promise<string> {
  return findMount(await readMountTable(), path)?.type ?? 'unknown'
}
