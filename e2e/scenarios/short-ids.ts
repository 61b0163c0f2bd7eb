import { join } from 'node:path'
import { archiveOf, blobEntry, configOf, hexOf, writeArchive } from '../fixtures/image-archive.ts'
import type { Scenario } from '../fixtures/scenario.ts'

const layers = [archiveOf([{ name: 'file', data: 'x' }])]
/** As many that several of them must begin with the same digit. */
const configs = Array.from({ length: 20 }, (_, index) => configOf(layers, { author: `number ${index}` }))
const ids = configs.map(hexOf)

/** Beginnings of IDs: those that one image has, and those that several have. */
export const shortIds: Scenario = {
  name: 'short-ids',
  async images(_into, files) {
    const paths = layers.map(layer => blobEntry(layer).name)
    const items = configs.map(config => ({ Config: blobEntry(config).name, RepoTags: null, Layers: paths }))
    const manifest = { name: 'manifest.json', data: JSON.stringify(items) }
    await writeArchive(join(files, 'many.tar'), [...layers, ...configs].map(blobEntry).concat(manifest))
    return {}
  },
  steps: (_registry, files) => {
    const several = ids.map(id => id[0]!).find((digit, at, all) => all.indexOf(digit) < at)!
    const [first] = ids.filter(id => id.startsWith(several))
    const shortest = (id: string) => {
      for (let length = 1; ; length++) {
        const start = id.slice(0, length)
        if (ids.filter(each => each.startsWith(start)).length === 1) return start
      }
    }
    const one = shortest(first!)
    const of = (id: string) => [
      ['image', 'inspect', '--format', '{{.Author}}', id],
      ['image', 'inspect', '--format', '{{.Author}}', `sha256:${id}`],
      ['inspect', '--type', 'image', '--format', '{{.Author}}', id],
      ['history', '--format', '{{.CreatedBy}}', id],
      ['tag', id, 'named:one'],
      ['tag', `sha256:${id}`, 'named:two'],
      ['create', '--pull', 'never', '--name', `made-of-${id.length}`, id, 'x'],
      ['save', '-o', `${files}/saved.tar`, id],
      ['save', '-o', `${files}/saved.tar`, `sha256:${id}`],
      ['push', id],
      ['images', '--filter', `since=${id}`],
      ['images', id],
    ]
    return [
      ['load', '-q', '-i', `${files}/many.tar`],
      ...of(several),
      ['rmi', several],
      ['rmi', '-f', several],
      ['rmi', `sha256:${several}`],
      ...of(one),
      ['ps', '-a', '--format', '{{.Names}} {{.Image}}'],
      ['rm', `made-of-${one.length}`],
      ['rmi', one],
      ['rmi', '-f', one],
      ['rmi', shortest(ids.find(id => !id.startsWith(several))!)],
      ['image', 'inspect', `${first}0`],
    ]
  },
}
