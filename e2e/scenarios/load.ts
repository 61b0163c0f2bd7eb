import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import {
  archiveOf,
  blobEntry,
  busyboxTars,
  configOf,
  dockerArchive,
  oldDockerArchive,
  type RawEntry,
  writeArchive,
} from '../fixtures/image-archive.ts'
import { execute } from '../fixtures/processes.ts'
import type { Scenario } from '../fixtures/scenario.ts'

const members = ['Id', 'RepoTags', 'RepoDigests', 'Created', 'Config', 'RootFS', 'Parent']

/** Archives to images, and what is none. */
export const load: Scenario = {
  name: 'load',
  async images(into, files) {
    const layers = await busyboxTars(into)
    const [base, etc] = layers as [Buffer, Buffer]
    const write = (name: string, entries: readonly RawEntry[]) => writeArchive(join(files, `${name}.tar`), entries)
    const other = configOf(layers, { author: 'somebody' })
    const one = dockerArchive({ layers, tags: ['mine:one', 'mine:two'] })
    await write('one', one)
    await write('backwards', one.toReversed())
    await write('moved', dockerArchive({ layers, config: other, tags: ['mine:one'] }))
    await write('nameless', dockerArchive({ layers, config: configOf(layers, { author: 'nobody' }), tags: null }))
    await write('old', oldDockerArchive({ layers, config: configOf(layers, { author: 'old' }), tags: ['old:format'] }))
    await write('old-linked', oldDockerArchive({ layers: [base, base, etc], tags: ['old:linked'] }))
    for (const [name, program] of [
      ['gzip', 'gzip'],
      ['xz', 'xz'],
      ['bzip2', 'bzip2'],
      ['zstd', 'zstd'],
    ] as const) {
      const config = configOf(layers, { author: name })
      const path = join(files, `${name}.tar`)
      await write(name, dockerArchive({ layers, config, tags: [`compressed:${name}`] }))
      await execute(['sh', '-c', `${program} -1 < "$1" > "$1.${name}"`, 'sh', path])
      const packed = await readFile(`${path}.${name}`)
      await writeFile(`${path}.${name}.cut`, packed.subarray(0, packed.byteLength / 2))
      await writeFile(`${path}.${name}.junk`, Buffer.concat([packed, Buffer.from('this is not compressed')]))
      await writeFile(`${path}.${name}.zeros`, Buffer.concat([packed, Buffer.alloc(512)]))
    }
    const packed = layers.map(layer => Buffer.concat([gzipSync(layer), Buffer.from('junk')]))
    const packedItem = { Layers: packed.map(layer => blobEntry(layer).name) }
    const rest = dockerArchive({ layers, tags: ['layers:junk'], item: packedItem })
    await write('layers-junk', [...packed.map(blobEntry), ...rest.slice(layers.length)])
    const bad = (name: string, item: Readonly<Record<string, unknown>>, config?: Buffer) =>
      write(name, dockerArchive({ layers, tags: ['bad:one'], item, ...(config && { config }) }))
    await bad('fewer-layers', { Layers: [blobEntry(base).name] })
    await bad('no-tag', { RepoTags: ['untagged'] })
    await bad('bad-tag', { RepoTags: ['UPPER:case'] })
    await bad('not-strings', { RepoTags: 'bad:one' })
    await bad('windows', {}, configOf(layers, { os: 'windows' }))
    await bad('no-rootfs', {}, configOf(layers, { rootfs: undefined }))
    await bad('much-history', {}, configOf(layers, { history: [{}, {}, {}] }))
    const zeros = `sha256:${'0'.repeat(64)}`
    await bad(
      'lie',
      {},
      configOf(layers, { rootfs: { type: 'layers', diff_ids: [zeros, `sha256:${'1'.repeat(64)}`] } }),
    )
    await write('escape', [...one, { name: '../../escape', data: 'x' }])
    const withItems = (name: string, data: string) =>
      write(name, [...one.filter(entry => entry.name !== 'manifest.json'), { name: 'manifest.json', data }])
    await withItems('null', 'null')
    await withItems('object', '{}')
    await withItems('empty', '')
    await withItems('nothing', '[]')
    const whole = archiveOf(one)
    await writeFile(join(files, 'cut.tar'), whole.subarray(0, whole.byteLength / 2))
    await writeFile(join(files, 'text.tar'), 'this is a text, and no archive of anything\n'.repeat(100))
    return {}
  },
  steps: (_registry, files) => [
    ['load', '-i', join(files, 'one.tar')],
    { args: ['images', '--no-trunc'], sorted: true },
    { args: ['image', 'inspect', 'mine:one'], members },
    ['history', 'mine:one'],
    ['run', '--rm', '--network', 'none', 'mine:one', 'cat', '/srv/index.html'],
    ['load', '-i', join(files, 'one.tar')],
    ['load', '-q', '-i', join(files, 'backwards.tar')],
    ['load', '-i', join(files, 'moved.tar')],
    { args: ['images', '--no-trunc'], sorted: true },
    ['load', '-i', join(files, 'nameless.tar')],
    ['load', '-i', join(files, 'old.tar')],
    ['load', '-i', join(files, 'old-linked.tar')],
    { args: ['image', 'inspect', 'old:linked'], members },
    ['load', '-i', join(files, 'gzip.tar.gzip')],
    ['load', '-i', join(files, 'xz.tar.xz')],
    ['load', '-i', join(files, 'bzip2.tar.bzip2')],
    ['load', '-i', join(files, 'zstd.tar.zstd')],
    ...['gzip', 'bzip2', 'zstd'].flatMap(name => [
      ['load', '-i', join(files, `${name}.tar.${name}.junk`)],
      ['load', '-i', join(files, `${name}.tar.${name}.zeros`)],
    ]),
    ['load', '-i', join(files, 'xz.tar.xz.zeros')],
    ...['gzip', 'xz', 'bzip2', 'zstd'].map(name => ['load', '-i', join(files, `${name}.tar.${name}.cut`)]),
    ['load', '-i', join(files, 'layers-junk.tar')],
    ['load', '--platform', 'linux/arm64', '-i', join(files, 'one.tar')],
    ['load', '--platform', 'linux/amd64', '-i', join(files, 'one.tar')],
    ['load', '--platform', 'nonsense', '-i', join(files, 'one.tar')],
    ['load', '-i', join(files, 'nothing.tar')],
    ...[
      'fewer-layers',
      'no-tag',
      'bad-tag',
      'not-strings',
      'windows',
      'no-rootfs',
      'much-history',
      'lie',
      'escape',
    ].map(name => ['load', '-i', join(files, `${name}.tar`)]),
    ...['null', 'object', 'empty', 'cut', 'text'].map(name => ['load', '-i', join(files, `${name}.tar`)]),
    ['load', '-i', join(files, 'absent.tar')],
    { args: ['load'], input: 'x' },
    ['events', '--since', '10m', '--until', '-1s', '--filter', 'event=load'],
    ['rmi', 'mine:one', 'mine:two', 'old:format', 'old:linked'],
    { args: ['images', 'compressed'], sorted: true },
  ],
}
