import fc from 'fast-check'
import type { TarInput } from '../../archive/index.ts'
import { byBytes } from '../tree/finish.ts'
import { file, folder, link, opaque, special, symlink, whiteout } from './tar.ts'

type Step = readonly [
  kind: 'file' | 'folder' | 'symlink' | 'link' | 'fifo' | 'whiteout' | 'opaque',
  path: string,
  other: string,
  mode: number,
]

const part = fc.constantFrom('a', 'b', 'c\xfe')
const path = fc.array(part, { minLength: 1, maxLength: 3 }).map(parts => parts.join('/'))
const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom('file', 'file', 'folder', 'folder', 'symlink', 'link', 'fifo', 'whiteout', 'opaque'),
  path,
  path,
  fc.integer({ min: 0, max: 0o7777 }),
)
/** A few layers, lowest first. */
export const layers = fc.array(fc.array(step, { maxLength: 14 }), { minLength: 1, maxLength: 4 })

export interface Thing {
  readonly inode: object
  readonly mode: number
  readonly text: string
}

/** Paths and what is there: the plainest model of a layer, and of a rootfs. */
export type Model = Map<string, Thing>

const TYPES = { file: 0o100000, folder: 0o040000, symlink: 0o120000, fifo: 0o010000 }
export const isFolder = (thing: Thing | undefined) => thing !== undefined && (thing.mode & 0o170000) === TYPES.folder

function drop(model: Model, path: string, self = true): void {
  for (const name of [...model.keys()]) if ((self && name === path) || name.startsWith(`${path}/`)) model.delete(name)
}

export function parents(path: string): string[] {
  const parts = path.split('/')
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'))
}

export interface ModelLayer {
  readonly entries: readonly TarInput[]
  /** Its own files. */
  readonly model: Model
  /** What it removes of the layers below. */
  readonly removed: ReadonlySet<string>
  /** Folders of which it hides what the layers below have in them. */
  readonly hidden: ReadonlySet<string>
}

/** What one layer says: its own files, and what it removes of those below. */
export function layerOf(steps: readonly Step[]): ModelLayer {
  const model: Model = new Map()
  const removed = new Set<string>()
  const hidden = new Set<string>()
  const entries: TarInput[] = []
  const imply = (paths: readonly string[]) => {
    for (const path of paths) if (!model.has(path)) model.set(path, { inode: {}, mode: TYPES.folder | 0o755, text: '' })
  }
  /** As when unpacking: a folder that goes takes along what was said of the layers below it. */
  const replace = (path: string) => {
    if (isFolder(model.get(path))) {
      for (const said of [removed, hidden]) {
        for (const name of said) if (name.startsWith(`${path}/`)) said.delete(name)
      }
      hidden.delete(path)
    }
    drop(model, path)
  }
  for (const [kind, path, other, mode] of steps) {
    const above = kind === 'opaque' ? [...parents(path), path] : parents(path)
    // Ways through files and links are what other tests are about.
    if (above.some(name => model.has(name) && !isFolder(model.get(name)))) continue
    switch (kind) {
      case 'whiteout':
        entries.push(whiteout(path))
        imply(above)
        removed.add(path)
        break
      case 'opaque':
        entries.push(opaque(path))
        imply(above)
        hidden.add(path)
        break
      case 'link': {
        const target = model.get(other)
        const through = parents(other).some(name => !isFolder(model.get(name)))
        if (!target || through || isFolder(target) || other === path || other.startsWith(`${path}/`)) continue
        imply(above)
        entries.push(link(path, other, { mode: target.mode & 0o7777 }))
        replace(path)
        model.set(path, target)
        break
      }
      case 'folder':
        imply(above)
        entries.push(folder(path, { mode }))
        if (!isFolder(model.get(path))) replace(path)
        model.set(path, { inode: {}, mode: TYPES.folder | mode, text: '' })
        break
      default: {
        imply(above)
        replace(path)
        const text = kind === 'fifo' ? '' : `${other}${mode}`
        model.set(path, { inode: {}, mode: TYPES[kind] | (kind === 'symlink' ? 0o777 : mode), text })
        if (kind === 'file') entries.push(file(path, Buffer.from(text, 'latin1'), { mode }))
        else if (kind === 'symlink') entries.push(symlink(path, text))
        else entries.push(special('fifo', path, { mode }))
      }
    }
  }
  return { entries, model, removed, hidden }
}

export function stack(below: Model, layer: ModelLayer): void {
  for (const path of layer.removed) drop(below, path)
  for (const path of layer.hidden) drop(below, path, false)
  for (const path of [...layer.model.keys()].sort(byBytes)) {
    const thing = layer.model.get(path)!
    if (!(isFolder(thing) && isFolder(below.get(path)))) drop(below, path)
    below.set(path, thing)
  }
}
