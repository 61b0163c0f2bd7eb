import { join } from 'node:path'
import { writeArchive } from '../fixtures/image-archive.ts'
import type { Scenario } from '../fixtures/scenario.ts'
import { emptyLayer, type V1Image, v1Archive, v1ID, v1Layer } from '../fixtures/v1-archive.ts'

const members = ['RepoTags', 'Created', 'Config', 'RootFS', 'Parent', 'Author', 'Comment', 'Os']

const [root, middle, top] = ['root', 'middle', 'top'].map(v1ID) as [string, string, string]
const created = '2014-06-05T00:05:35.990887725Z'

/** Members as Docker wrote them, and odd ones that must come through as they are, or go. */
const chain: readonly V1Image[] = [
  {
    id: root,
    json: {
      ...{ created, docker_version: '1.9.1', architecture: 'amd64', os: 'linux', Size: 2433303 },
      ...{ container: 'c0ffee', author: 'J\u00e9r\u00f4me <j@example.com>', comment: 'a & b\u2028c' },
      container_config: { Hostname: 'h', Cmd: ['/bin/sh', '-c', '#(nop) ADD file:x in /'], Image: '' },
      config: { Hostname: 'h', Cmd: null, Image: '' },
    },
    layer: v1Layer('base'),
  },
  {
    id: middle,
    json: {
      ...{ parent: root, created, docker_version: '1.9.1', architecture: 'amd64', os: 'linux' },
      container_config: { Cmd: ['/bin/sh', '-c', '#(nop) ENV A=<b>'] },
      config: { Env: ['A=<b>'] },
    },
    layer: emptyLayer,
  },
  {
    id: top,
    json:
      `{ "parent": "${middle}" ,\n "id": "${top}", "created":"2015-01-02T03:04:05.500+02:00", "docker_version": "1.9.1",` +
      `"os":"linux","architecture":"amd64", "z<&>": [ 1.0, 1e2, 12345678901234567890, "\\u003c\\/\\u00e9\u00e9 x" ],` +
      `"10": 1, "9": {"b": 1, "a": 2, "b": 3}, "b": 1, "b": [ ], "parent_id": 1, "layer_id": 2, "throwaway": true,` +
      `"config": {"Cmd" : [ "cat", "top" ], "Labels": {"2":"", "1":""}}, "container_config": {"Cmd": "a string"} }`,
    layer: v1Layer('top'),
  },
]

/** Of a Docker before 1.8.3: its document is written anew. */
const old: readonly V1Image[] = [
  {
    id: v1ID('old'),
    json: {
      ...{ created: '2013-06-13T14:03:50.821769-07:00', docker_version: '0.4.0', architecture: 'x86_64', Size: 5 },
      ...{ container: 'aaa', comment: 'Imported from <->', unknown: 1, throwaway: true, OS: 'linux', Author: '' },
      container_config: {
        ...{ Hostname: 'x', User: '', Memory: 0, AttachStdin: false, PortSpecs: null, Tty: true, Env: null },
        ...{ Cmd: ['/bin/bash'], Dns: null, Volumes: { '/b': {}, '/a': {} }, VolumesFrom: '', cmd: ['echo', '<'] },
      },
      config: {
        ...{
          ExposedPorts: { '80/tcp': {}, '22/tcp': {} },
          Entrypoint: 'sh',
          OnBuild: ['RUN x'],
          Labels: { z: '1', a: '2' },
        },
        ...{ StopSignal: '', StopTimeout: 3, Shell: ['sh'], Healthcheck: { Test: ['NONE'], Retries: 1 }, Cmd: ['a'] },
      },
    },
    layer: v1Layer('old'),
  },
  { id: v1ID('older'), json: { parent: v1ID('old') }, layer: { linkTo: v1ID('old') } },
  { id: v1ID('none'), json: 'null', layer: Buffer.alloc(0) },
]

const single = (name: string, json: V1Image['json'], layer: V1Image['layer'] = v1Layer(name)): V1Image[] => [
  { id: v1ID(name), json, layer },
]

/** What is wrong, by the archive's name. */
const broken: Readonly<Record<string, ReturnType<typeof v1Archive>>> = {
  'no-parent': v1Archive(single('orphan', { parent: v1ID('nobody') }), {}),
  'parent-by-detour': v1Archive([...chain.slice(0, 1), ...single('detour', { parent: `./x/../${root}` })], {
    detour: { one: v1ID('detour') },
  }),
  'no-layer': v1Archive([{ id: v1ID('bare'), json: {} }], {}),
  'no-tar': v1Archive(single('text', {}, Buffer.from('this is not a tar\n'.repeat(100))), {}),
  'no-json': v1Archive(single('json', '{"id": '), {}),
  'no-document': [{ name: 'etc/passwd', data: 'root' }, ...v1Archive(chain, {})],
  'empty-folder': [{ name: '0-empty' }, ...v1Archive(chain, {})],
  'empty-json': v1Archive(single('empty', ''), {}),
  'list-json': v1Archive(single('list', '[]'), {}),
  'number-parent': v1Archive(single('number', '{"parent": 1}'), {}),
  'number-cmd': v1Archive(single('cmd', { container_config: { Cmd: 1 } }), {}),
  'list-cmd': v1Archive(single('cmds', { container_config: { Cmd: [1] } }), {}),
  'string-config': v1Archive(single('config', { config: 'x' }), {}),
  'string-tty': v1Archive(single('tty', { config: { Tty: 'x' } }), {}),
  'number-env': v1Archive(single('env', { config: { Env: [1] } }), {}),
  'string-size': v1Archive(single('size', { Size: 'x' }), {}),
  'bad-created': v1Archive(single('created', { created: 'yesterday' }), {}),
  'number-created': v1Archive(single('numbered', { created: 1 }), {}),
  'bad-day': v1Archive(single('day', { created: '2014-02-30T00:00:00Z' }), {}),
  windows: v1Archive(single('windows', { os: 'windows' }), {}),
  'no-repositories': [...v1Archive(single('nameless', {}), undefined)],
  'unknown-id': v1Archive(chain, { some: { one: 'unknown' } }),
  'short-id': v1Archive(chain, { some: { one: top.slice(0, 12) } }),
  'null-id': v1Archive(chain, { some: { one: null } }),
  'bad-name': v1Archive(chain, { 'UPPER/Case': { one: top } }),
  'bad-tag': v1Archive(chain, { some: { 'a b': top } }),
  'no-tag': v1Archive(chain, { some: { '': top } }),
  'digest-name': v1Archive(chain, { [`some@sha256:${root}`]: { one: top } }),
  'algorithm-name': v1Archive(chain, { sha256: { one: top } }),
  'list-repositories': v1Archive(chain, []),
  'string-repository': v1Archive(chain, { some: 'x' }),
  'number-tag': v1Archive(chain, { some: { one: 1 } }),
  'empty-repositories': v1Archive(chain, ''),
  'cut-repositories': v1Archive(chain, '{"some": '),
  deep: v1Archive(
    Array.from({ length: 126 }, (_, index) => ({
      id: v1ID(`deep ${index}`),
      json: index === 0 ? {} : { parent: v1ID(`deep ${index - 1}`) },
      layer: index === 0 ? v1Layer('deep') : { linkTo: v1ID('deep 0') },
    })),
    {},
  ),
}

/** Archives of Docker before 1.10. The IDs are shown but for their ends, so that they are compared too. */
export const loadV1: Scenario = {
  name: 'load-v1',
  async images(_, files) {
    const write = (name: string, entries: ReturnType<typeof v1Archive>) =>
      writeArchive(join(files, `${name}.tar`), entries)
    const whole = v1Archive(chain, { 'one/chain': { top, middle }, 'localhost:5000/two': { latest: top } })
    await write('chain', whole)
    await write('backwards', whole.toReversed())
    await write('moved', v1Archive(single('moved', {}), { 'one/chain': { top: v1ID('moved') } }))
    await write('old', v1Archive(old, { old: { one: v1ID('old'), two: v1ID('older'), three: v1ID('none') } }))
    await write('nothing', v1Archive([], '{} and more'))
    await write('null', v1Archive(single('null', {}), { some: null }))
    await write('null-repositories', v1Archive(single('null', {}), 'null'))
    await write('tagged-name', v1Archive(single('tagged', {}), { 'tagged:before': { after: v1ID('tagged') } }))
    for (const [name, entries] of Object.entries(broken)) await write(name, entries)
    return {}
  },
  steps: (_registry, files) => {
    const load = (name: string, ...more: string[]) => ['load', ...more, '-i', join(files, `${name}.tar`)]
    const id = (name: string) => ['image', 'inspect', '--format', '{{slice .Id 7 70}}', name]
    return [
      load('chain'),
      { args: ['images', '--no-trunc'], sorted: true },
      { args: ['images', '-a', '--no-trunc'], sorted: true },
      ...['one/chain:top', 'one/chain:middle'].map(id),
      ['image', 'inspect', '--format', '{{slice .Parent 7 70}}', 'one/chain:middle'],
      { args: ['image', 'inspect', 'one/chain:top', 'one/chain:middle'], members },
      ['history', '--no-trunc', 'one/chain:top'],
      load('backwards'),
      load('moved'),
      { args: ['images', '--no-trunc'], sorted: true },
      id('one/chain:top'),
      load('old'),
      ...['old:one', 'old:two', 'old:three'].map(id),
      { args: ['image', 'inspect', 'old:one', 'old:two', 'old:three'], members },
      ['history', '--no-trunc', 'old:two'],
      load('nothing'),
      load('null'),
      load('null-repositories'),
      load('tagged-name'),
      id('tagged:after'),
      ...Object.keys(broken).map(name => load(name)),
      { args: ['images', 'some'], sorted: true },
      ['rmi', 'localhost:5000/two', 'one/chain:middle', 'old:two'],
    ]
  },
}
