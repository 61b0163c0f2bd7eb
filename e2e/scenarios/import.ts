import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { archiveOf, busyboxTars } from '../fixtures/image-archive.ts'
import { busyboxImage } from '../fixtures/images.ts'
import { execute } from '../fixtures/processes.ts'
import type { Scenario } from '../fixtures/scenario.ts'

const members = [
  'Id',
  'RepoTags',
  'Parent',
  'Comment',
  'Author',
  'Architecture',
  'Variant',
  'Os',
  'Config',
  'RootFS',
  'Size',
]
const history = ['history', '--no-trunc', '--format', '{{.CreatedBy}}|{{.Comment}}']
const programs = { gzip: ['gzip'], xz: ['xz'], bzip2: ['bzip2'], zstd: ['zstd'] } as const

/** File systems of containers to archives, and archives to images. */
export const importing: Scenario = {
  name: 'import',
  async images(into, files) {
    const [base] = (await busyboxTars(into)) as [Buffer]
    await writeFile(join(files, 'base.tar'), base)
    for (const name of Object.keys(programs)) {
      await execute(['sh', '-c', `${name} -1 < "$1" > "$1.${name}"`, 'sh', join(files, 'base.tar')])
      const packed = await readFile(join(files, `base.tar.${name}`))
      await writeFile(join(files, `cut.tar.half.${name}`), packed.subarray(0, packed.byteLength / 2))
      await writeFile(join(files, `junk.tar.${name}`), Buffer.concat([packed, Buffer.from('this is not compressed')]))
      await writeFile(join(files, `zeros.tar.${name}`), Buffer.concat([packed, Buffer.alloc(512)]))
    }
    await writeFile(join(files, 'cut.tar'), base.subarray(0, 700_000))
    await writeFile(join(files, 'text'), 'this is a text, and no archive of anything\n'.repeat(100))
    await writeFile(join(files, 'empty'), '')
    await writeFile(join(files, 'zeros'), Buffer.alloc(1024))
    await writeFile(join(files, 'cut.tar.gzip'), Buffer.from('1f8b080000000000', 'hex'))
    await writeFile(join(files, 'open-ended.tar'), archiveOf([{ name: 'a', data: 'x' }]).subarray(0, 1024))
    return { 'busybox:latest': await busyboxImage({ into }) }
  },
  steps: (registry, files) => {
    const at = (name: string) => join(files, name)
    return [
      ['import', at('base.tar'), 'in:tar'],
      { args: ['inspect', 'in:tar'], members },
      [...history, 'in:tar'],
      ['run', '--rm', '--network', 'none', 'in:tar', '/bin/ls', '/'],
      ...Object.keys(programs).map(name => ['import', at(`base.tar.${name}`), `in:${name}`]),
      ...['gzip', 'bzip2', 'zstd'].flatMap(name => [
        ['import', at(`junk.tar.${name}`), `in:${name}-junk`],
        ['import', at(`zeros.tar.${name}`), `in:${name}-zeros`],
      ]),
      ['import', at('zeros.tar.xz'), 'in:xz-zeros'],
      [
        'inspect',
        '--format',
        '{{.RootFS}}',
        'in:gzip',
        'in:gzip-junk',
        'in:gzip-zeros',
        'in:zstd-junk',
        'in:bzip2-junk',
      ],
      ...Object.keys(programs).map(name => ['import', at(`cut.tar.half.${name}`), `in:${name}-cut`]),
      { args: ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', 'in'], sorted: true },
      ['import', at('base.tar')],
      [
        ...['import', '-m', 'a message', '-c', 'CMD ["ls", "/"]', '-c', 'ENV A=1 PATH=/bin', '-c', 'LABEL l=x'],
        ...['-c', 'WORKDIR /tmp', '-c', 'EXPOSE 80', at('base.tar'), 'in:changed'],
      ],
      { args: ['inspect', 'in:changed'], members },
      [...history, 'in:changed'],
      ['run', '--rm', '--network', 'none', 'in:changed'],
      ['import', '--platform', 'linux/arm64', at('base.tar'), 'in:arm'],
      ['import', '--platform', 'linux/arm/v6', at('base.tar'), 'in:armv6'],
      { args: ['inspect', 'in:arm', 'in:armv6'], members },
      ['import', '--platform', 'windows/amd64', at('base.tar'), 'in:windows'],
      ['import', '--platform', 'linux/x/y/z', at('base.tar'), 'in:nowhere'],
      ['import', '-c', 'RUN x', at('base.tar'), 'in:run'],
      ['import', at('base.tar'), 'UPPER'],
      ['import', at('base.tar'), `in@sha256:${'5'.repeat(64)}`],
      ['import', at('base.tar'), 'in:'],
      ['import', at('nothing'), 'in:nothing'],
      ['import', at('text'), 'in:text'],
      { args: ['import', '-', 'in:stdin'], input: 'this is no archive either\n'.repeat(40) },
      ['import', at('empty'), 'in:empty'],
      ['import', at('zeros'), 'in:zeros'],
      { args: ['inspect', 'in:empty', 'in:zeros'], members },
      ['import', at('cut.tar'), 'in:cut'],
      ['import', at('cut.tar.gzip'), 'in:cutgzip'],
      ['import', at('open-ended.tar'), 'in:open'],
      ['import', `http://${registry}/nothing`, 'in:url'],
      ['import', `${registry}/nothing`, 'in:url'],
      ['import', 'http://127.0.0.1:1/nothing', 'in:url'],
      ['import', 'ftp://127.0.0.1/nothing', 'in:url'],
      ['pull', '-q', `${registry}/busybox`],
      [
        'run',
        '--name',
        'one',
        '--network',
        'none',
        `${registry}/busybox`,
        'sh',
        '-c',
        'echo n >/srv/n; rm /srv/index.html; ln /srv/n /srv/l',
      ],
      ['export', '-o', at('out.tar'), 'one'],
      ['import', at('out.tar'), 'in:out'],
      ['run', '--rm', '--network', 'none', 'in:out', '/bin/ls', '/srv'],
      ['export', '-o', at('none.tar'), 'nothing'],
      ['create', '--name', 'two', `${registry}/busybox`],
      ['export', '-o', at('two.tar'), 'two'],
      ['import', at('two.tar'), 'in:two'],
      ['run', '--rm', '--network', 'none', 'in:two', '/bin/ls', '-a', '/', '/dev', '/etc'],
      {
        args: [
          ...['events', '--since', '0', '--until', '-1s', '--filter', 'event=import', '--filter', 'event=export'],
          ...['--filter', 'event=tag', '--format', '{{.Type}} {{.Action}} {{.Actor.ID}} {{json .Actor.Attributes}}'],
        ],
      },
    ]
  },
}
