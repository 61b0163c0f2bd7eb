import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Engine, startEngine } from './fixtures/engine.ts'
import { imageOf, type Layer, layerOf } from './fixtures/image-builder.ts'
import { busyboxLayers, searchPath } from './fixtures/images.ts'
import { isolated } from './fixtures/isolation.ts'
import { execute, type Outcome, succeed } from './fixtures/processes.ts'
import { pushImage } from './fixtures/push.ts'
import { startRegistry } from './fixtures/registry.ts'

const launcher = join(import.meta.dirname, '../bin/strata')

/** What the layers do, each as a shell script in a folder of its own. */
const scripts = {
  files: `
    mkdir -p data/deep/er data/emptied data/goes
    printf one > data/changed; printf same > data/same; printf 12345 > data/longer
    printf x > data/mode; printf x > data/owner; printf x > data/time; printf x > data/xattr; printf x > data/type
    head -c 300000 /dev/zero > data/big; ln data/big data/big-link
    truncate -s 5M data/sparse; printf end >> data/sparse
    ln -s changed data/link; mknod data/device c 1 3; mkfifo data/pipe
    printf a > data/emptied/a; printf b > data/emptied/b; printf c > data/deep/er/c; printf g > data/goes/g
    printf x > "data/$(printf 'line\\nbreak')"; setfattr -n user.k -v one data/xattr
    find data -exec touch -h -d 2024-02-03T04:05:06.789 {} +`,
  changes: `
    mkdir -p data/deep data/emptied
    printf two > data/changed; printf same > data/same; printf 1234567 > data/longer
    printf x > data/mode; chmod 4711 data/mode; printf x > data/owner; chown 5:6 data/owner
    printf x > data/time; printf x > data/xattr; setfattr -n user.k -v two data/xattr; mkdir data/type
    ln -s same data/link; mknod data/device c 1 5; touch data/.wh.goes data/deep/.wh.er data/.wh.big-link
    touch data/emptied/.wh..wh..opq; printf b > data/emptied/b
    find data -exec touch -h -d 2024-02-03T04:05:06.789 {} +; touch -h -d 2024-03-01 data/time`,
  again: `
    mkdir -p data/goes; printf new > data/goes/new
    find data -exec touch -h -d 2024-02-03T04:05:06.789 {} +`,
} as const

async function layerFrom(root: string, name: keyof typeof scripts): Promise<Layer> {
  const folder = join(root, name)
  await mkdir(folder)
  await succeed(['sh', '-euc', scripts[name]], { cwd: folder })
  const options = ['--format=posix', '--sort=name', '--numeric-owner', '--sparse', '--xattrs', '--xattrs-include=*']
  await succeed(['tar', ...options, '-C', folder, '-cf', `${folder}.tar`, 'data'])
  return layerOf(`${folder}.tar`, { into: root })
}

if (await isolated(import.meta.filename)) {
  test('images can be looked into', async t => {
    const { engine, names, run, strata, seenIn } = await setUp(t)
    await t.test('a diff says what two containers show differently', async () => {
      const [before, after] = [await seenIn(names.a), await seenIn(names.b)]
      const messages = jsonLines(await strata('image', 'diff', '--json', names.a, names.b))
      assert.deepEqual(told(messages), expected(before, after))
      assert.ok(told(messages).length >= 15)
      assert.deepEqual(
        told(jsonLines(await strata('image', 'diff', '--json', names.b, names.a))),
        expected(after, before),
      )
      assert.deepEqual(told(jsonLines(await strata('image', 'diff', '--json', names.a, names.squashed))), [])
    })

    await t.test('a diff is shown in columns, with the layers that are responsible', async () => {
      const lines = (await strata('image', 'diff', names.a, names.b)).split('\n')
      const shown = lines.filter(line => /^[+~-] /.test(line))
      assert.deepEqual(shown, [
        '-           B4  /data/big-link',
        '~           B4  /data/changed  (content)',
        '-           B4  /data/deep/er/',
        '-      -1B  B4  /data/deep/er/c',
        '~           B4  /data/device  (content)',
        '-      -1B  B4  /data/emptied/a',
        '-      -1B  B4  /data/goes/g',
        '+      +3B  B5  /data/goes/new',
        '~      -3B  B4  /data/link  (content)',
        '~      +2B  B4  /data/longer  (content)',
        '~           B4  /data/mode  (mode 0644 -> 4711)',
        '~           B4  /data/owner  (owner 0:0 -> 5:6)',
        '~      -1B  B4  /data/type/  (file -> directory, mode 0644 -> 0755)',
        '~           B4  /data/xattr  (xattrs)',
      ])
      assert.match(lines.join('\n'), /^A +127\S+a +[0-9a-f]{12} +linux\/amd64 +\S+ +3$/m)
      assert.match(lines.join('\n'), /^B4 +0 +8 +5 +-5B +make the changes$/m)
      assert.match(
        lines.join('\n'),
        /^1 added \(\+3B\), 8 changed \(\S+\), 5 removed \(\S+\); of 1 more only the time differs$/m,
      )
      assert.match(await strata('image', 'diff', '--times', names.a, names.b), /^~ +B4 {2}\/data\/time {2}\(time\)$/m)
      assert.doesNotMatch(await strata('image', 'diff', '--summary', names.a, names.b), /^[+~-] /m)
      assert.match(await strata('image', 'diff', names.a, names.a), /\nno differences\n$/)
      assert.match(await strata('image', 'diff', names.empty, names.a), /^\+ .*\/data\/line\\x0abreak$/m)
    })

    await t.test('layers have the instructions and sizes of docker history, and what of them is wasted', async () => {
      const history = await engine.docker([
        'history',
        '--no-trunc',
        '--human=false',
        '--format',
        '{{.CreatedBy}} {{.Size}}',
        names.b,
      ])
      const lines = history.stdout
        .trim()
        .split('\n')
        .filter(line => line !== 'CMD 0')
      const report = JSON.parse(await strata('image', 'layers', '--json', '--paths', '3', names.b)) as Layers
      assert.deepEqual(
        report.layers.map(({ createdBy, size }) => `${createdBy} ${size}`),
        lines.toReversed(),
      )
      assert.equal(
        report.size,
        report.layers.reduce((sum, { size }) => sum + size, 0),
      )
      // Its /etc/passwd and /etc/group of busybox are replaced; big has a name left.
      const [busybox, , files, changes] = report.layers
      assert.equal(busybox!.wasted, 40)
      assert.equal(files!.wasted, 28)
      assert.equal(files!.files, 19)
      assert.equal(changes!.wasted, 0)
      assert.equal(changes!.removals, 4)
      const text = await strata('image', 'layers', '--paths', '2', names.b)
      assert.match(text, /^LAYER +SIZE +FILES +WASTED +INSTRUCTION$/m)
      assert.match(text, /^3 +\S+ +19 +28B +make the files$/m)
      assert.match(text, /^ +30B +1 +replaced by 2 +\/etc\/passwd$/m)
    })

    await t.test('what is wrong is said in words, with exit code 1', async () => {
      const fails = async (pattern: RegExp, ...args: string[]) => {
        const { status, stdout, stderr } = await run(args)
        assert.equal(status, 1, args.join(' '))
        assert.equal(stdout, '')
        assert.match(stderr, pattern)
      }
      await fails(/^strata: No such image: nosuch:latest\n$/, 'image', 'layers', 'nosuch')
      await fails(/^strata: No such image: nosuch:latest\n$/, 'image', 'diff', names.a, 'nosuch')
      await fails(/^strata: invalid reference format/, 'image', 'layers', 'NOT A NAME')
      await fails(/^strata: image name cannot be blank\n$/, 'image', 'layers', ' ')
      await fails(/^strata: unable to parse docker host `ftp:\/\/x`/, '-H', 'ftp://x', 'image', 'layers', 'x')
      await fails(
        /^strata: cannot connect to the engine at unix:\/\/\/nowhere: is it running\?\n$/,
        'image',
        'layers',
        '-H',
        'unix:///nowhere',
        'x',
      )
      const id = (await engine.docker(['images', '-q', '--no-trunc', names.a])).stdout.trim()
      const { status } = await run(['image', 'layers', id.slice('sha256:'.length, -50)])
      assert.equal(status, 0)
    })
  })
}

interface Layers {
  readonly size: number
  readonly layers: readonly { createdBy: string; size: number; files: number; wasted: number; removals: number }[]
}

interface Message {
  readonly status: string
  readonly path: string
  readonly aspects?: readonly string[]
}

function jsonLines(text: string): Message[] {
  return text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Message)
}

function told(messages: readonly Message[]): string[] {
  return messages
    .filter(({ status }) => ['added', 'changed', 'removed'].includes(status))
    .map(({ status, path, aspects = [] }) => [status, path, ...aspects].join(' '))
    .toSorted()
}

/** What a container shows, by path: as GNU find, sha256sum and getfattr say. */
type Seen = ReadonlyMap<string, Readonly<Record<'type' | 'content' | 'mode' | 'owner' | 'xattrs' | 'time', string>>>

function expected(before: Seen, after: Seen): string[] {
  const paths = new Set([...before.keys(), ...after.keys()])
  return [...paths]
    .flatMap(path => {
      const [old, now] = [before.get(path), after.get(path)]
      if (!old) return [`added ${path}`]
      if (!now) return [`removed ${path}`]
      const aspects = (['type', 'content', 'mode', 'owner', 'xattrs', 'time'] as const).filter(
        aspect => old[aspect] !== now[aspect] && !(aspect === 'content' && old.type !== now.type),
      )
      return aspects.length > 0 ? [['changed', path, ...aspects].join(' ')] : []
    })
    .toSorted()
}

/** Folders that the runtime or the image's own base make differ. */
async function lookAt(rootfs: string): Promise<Seen> {
  const seen = new Map<
    string,
    { type: string; content: string; mode: string; owner: string; xattrs: string; time: string }
  >()
  const format = '%P\\0%y\\0%m\\0%U:%G\\0%T@\\0%l\\0'
  const fields = (await succeed(['find', 'data', '-printf', `/data/${format}`], { cwd: rootfs })).split('\0')
  for (let at = 0; at + 6 <= fields.length - 1; at += 6) {
    const [name, type, mode, owner, time, target] = fields.slice(at, at + 6) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ]
    const path = name.replace(/\/$/, '')
    const file = `${rootfs}${path}`
    let content = target
    if (type === 'f') content = (await succeed(['sha256sum', '--zero', file])).slice(0, 64)
    if (type === 'c') content = await succeed(['stat', '-c', '%t:%T', file])
    const xattrs =
      type === 'l' ? '' : (await succeed(['getfattr', '-h', '-d', '-m', '^user', file])).split('\n').slice(1).join('\n')
    seen.set(path, { type, content, mode, owner, xattrs, time })
  }
  return seen
}

async function setUp(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'strata-e2e-views-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  const registry = await startRegistry({ root: join(root, 'registry') })
  t.after(() => registry[Symbol.asyncDispose]())
  const engine = await startEngine()
  t.after(() => engine[Symbol.asyncDispose]())
  const [busybox, etc] = (await busyboxLayers({ into: root })) as [Layer, Layer]
  const [files, changes, again] = [
    await layerFrom(root, 'files'),
    await layerFrom(root, 'changes'),
    await layerFrom(root, 'again'),
  ]
  await succeed(['tar', '-C', root, '--concatenate', '--file', join(root, 'busybox.tar'), join(root, 'files.tar')])
  const squashed = await layerOf(join(root, 'busybox.tar'), { into: join(root, 'squashed') })
  const config = { Env: [searchPath], Cmd: ['sleep', '1000'] }
  const by = ['copy busybox', 'copy etc', 'make the files', 'make the changes', 'make it again']
  const images = {
    a: imageOf([busybox, etc, files], { config, createdBy: by }),
    b: imageOf([busybox, etc, files, changes, again], { config, createdBy: by }),
    squashed: imageOf([squashed, etc], { config, createdBy: ['squash', 'copy etc'] }),
    empty: imageOf([busybox], { config }),
  }
  for (const [name, image] of Object.entries(images)) {
    await pushImage(registry, name, image)
    const { status, stderr } = await engine.docker(['pull', '-q', `${registry.host}/${name}`])
    assert.equal(status, 0, stderr)
  }
  const run = (args: readonly string[]): Promise<Outcome> => execute([launcher, ...args], { env: engine.env })
  return {
    engine,
    run,
    names: Object.fromEntries(Object.keys(images).map(name => [name, `${registry.host}/${name}`])) as Record<
      keyof typeof images,
      string
    >,
    strata: async (...args: string[]) => {
      const { status, stdout, stderr } = await run(args)
      assert.equal(status, 0, stderr)
      return stdout
    },
    seenIn: (image: string) => seenIn(engine, image),
  }
}

async function seenIn(engine: Engine, image: string): Promise<Seen> {
  const id = (await engine.docker(['run', '-d', '--network', 'none', image])).stdout.trim()
  const pid = (await engine.docker(['inspect', '--format', '{{.State.Pid}}', id])).stdout.trim()
  const seen = await lookAt(`/proc/${pid}/root`)
  await engine.docker(['rm', '-f', id])
  return seen
}
