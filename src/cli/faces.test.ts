import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeEngine } from '../client/testdata/fake-engine.ts'
import type { Output } from './cli.ts'
import { showImageDiff } from './image-diff.ts'
import { showImageLayers } from './image-layers.ts'
import { showImagePrune } from './image-prune.ts'
import { showRemovedImages, showRestoredImage } from './image-restore.ts'
import { showSystemCheck } from './system-check.ts'

function sink(columns?: number): Output & { text: string } {
  return {
    text: '',
    columns,
    async write(text) {
      this.text += text
    },
  }
}

const layer = (number: number, createdBy: string) => ({
  number,
  createdBy,
  diffID: `sha256:${number}`,
  size: 1_500_000 * number,
  files: 10 * number,
  removals: 0,
  wasted: number === 1 ? 123_456 : 0,
  wastedFiles: 0,
  wastedPaths: number === 1 ? [{ path: '/a\u001b', size: 120_000, by: 2, how: 'removed' }] : [],
})
const layersAnswer = {
  id: 'sha256:1',
  platform: 'linux/amd64',
  size: 4_500_000,
  wasted: 123_456,
  layers: [layer(1, 'ADD x /'), layer(2, `RUN ${'y'.repeat(60)}`)],
}

test('layers: a row each, cut to the terminal, whole in a pipe', async t => {
  const engine = await fakeEngine(t, (_, response) => response.end(JSON.stringify(layersAnswer)))
  const pipe = sink()
  assert.equal(await showImageLayers(engine, pipe, { image: 'x', trunc: true, paths: 1 }), 0)
  assert.equal(
    pipe.text,
    [
      'LAYER    SIZE   FILES   WASTED   INSTRUCTION',
      '1       1.5MB      10    123kB   ADD x /',
      `2         3MB      20       0B   RUN ${'y'.repeat(60)}`,
      'total   4.5MB      30    123kB',
      '',
      'WASTED   LAYER   HOW            PATH',
      ' 120kB   1       removed by 2   /a\\x1b',
      '',
    ].join('\n'),
  )
  const terminal = sink(60)
  await showImageLayers(engine, terminal, { image: 'x', trunc: true })
  assert.ok(terminal.text.split('\n').every(line => line.length <= 60))
  const json = sink()
  await showImageLayers(engine, json, { image: 'x', trunc: true, json: true })
  assert.deepEqual(JSON.parse(json.text), layersAnswer)
})

const image = { id: `sha256:${'a'.repeat(64)}`, platform: 'linux/amd64', size: 10, layers: layersAnswer.layers }
const facts = {
  type: 'file',
  mode: '0644',
  uid: 0,
  gid: 0,
  size: 5,
  modified: 'then',
  layer: { image: 'to', number: 2 },
}
const messages = [
  { status: 'images', from: { ...image, layers: image.layers.slice(0, 1) }, to: image },
  { status: 'added', path: '/new', layer: { image: 'to', number: 2 }, bytes: 5, after: facts },
  {
    status: 'changed',
    path: '/mode',
    layer: { image: 'to', number: 2 },
    bytes: 0,
    aspects: ['mode', 'owner'],
    before: facts,
    after: { ...facts, mode: '0755', uid: 1 },
  },
  {
    status: 'changed',
    path: '/time',
    layer: { image: 'to', number: 2 },
    bytes: 0,
    aspects: ['time'],
    before: facts,
    after: facts,
  },
  {
    status: 'removed',
    path: '/d',
    layer: { image: 'from', number: 1 },
    bytes: 0,
    before: { ...facts, type: 'directory' },
  },
  {
    status: 'done',
    added: { names: 1, bytes: 5 },
    changed: { names: 2, bytes: 0 },
    removed: { names: 1, bytes: 0 },
  },
]

test('diff: files, then what the layers did', async t => {
  const engine = await fakeEngine(t, (_, response) => {
    for (const message of messages) response.write(`${JSON.stringify(message)}\n`)
    response.end()
  })
  const out = sink()
  assert.equal(await showImageDiff(engine, out, { from: 'a', to: 'b' }), 0)
  assert.equal(
    out.text,
    [
      '    IMAGE   ID             PLATFORM      SIZE   LAYERS (1 in common)',
      'A   a       aaaaaaaaaaaa   linux/amd64    10B   1',
      'B   b       aaaaaaaaaaaa   linux/amd64    10B   2',
      '',
      '+      +5B  B2  /new',
      '~           B2  /mode  (mode 0644 -> 0755, owner 0:0 -> 1:0)',
      '-           A1  /d/',
      '',
      'LAYER   ADDED   CHANGED   REMOVED   SIZE   INSTRUCTION',
      'A1          0         0         1     0B   ADD x /',
      `B2          1         1         0    +5B   RUN ${'y'.repeat(60)}`,
      '',
      '1 added (+5B), 1 changed (0B), 1 removed (0B); of 1 more only the time differs',
      '',
    ].join('\n'),
  )
  const times = sink()
  await showImageDiff(engine, times, { from: 'a', to: 'b', times: true })
  assert.match(times.text, /\/time {2}\(time\)/)
  const summary = sink()
  await showImageDiff(engine, summary, { from: 'a', to: 'b', summary: true })
  assert.doesNotMatch(summary.text, /\/new/)
  const json = sink()
  await showImageDiff(engine, json, { from: 'a', to: 'b', json: true })
  assert.deepEqual(
    json.text
      .trim()
      .split('\n')
      .map(line => JSON.parse(line)),
    messages,
  )
})

test('system check: the exit code says whether there are problems', async t => {
  let problems = 1
  const engine = await fakeEngine(t, (_, response) => {
    response.write('{"status":"checked","kind":"layer","id":"x"}\n')
    if (problems) response.write('{"status":"problem","kind":"layer","id":"x","message":"corrupt; pull it"}\n')
    response.end(JSON.stringify({ status: 'done', checked: 1, problems }))
  })
  const bad = sink()
  assert.equal(await showSystemCheck(engine, bad, {}), 1)
  assert.equal(bad.text, 'layer x: corrupt; pull it\nchecked 1, 1 problems\n')
  problems = 0
  const good = sink()
  assert.equal(await showSystemCheck(engine, good, {}), 0)
  assert.equal(good.text, 'checked 1, no problems\n')
})

test('restore: what can be brought back, and what was', async t => {
  const asked: string[] = []
  const removed = {
    Name: 'debian:12',
    Id: `sha256:${'b'.repeat(64)}`,
    Size: 117_000_000,
    Why: 'moved',
    Removed: '2026-01-02T03:04:05.678Z',
    Until: '2026-01-03T03:04:05.678Z',
  }
  let list: unknown[] = [removed, { ...removed, Name: '', Why: 'removed' }]
  const engine = await fakeEngine(t, (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const restored = { Id: 'sha256:b', Names: ['debian:12'], Left: ['debian:latest'] }
    response.end(JSON.stringify(request.method === 'GET' ? list : restored))
  })
  const out = sink()
  assert.equal(await showRemovedImages(engine, out, {}), 0)
  assert.equal(
    out.text,
    [
      'NAME        IMAGE ID        SIZE   WHY       SINCE               UNTIL',
      'debian:12   bbbbbbbbbbbb   117MB   moved     2026-01-02 03:04Z   2026-01-03 03:04Z',
      '<none>      bbbbbbbbbbbb   117MB   removed   2026-01-02 03:04Z   2026-01-03 03:04Z',
      '',
    ].join('\n'),
  )
  list = []
  const none = sink()
  await showRemovedImages(engine, none, {})
  assert.equal(none.text, 'nothing can be restored\n')
  const back = sink()
  await showRestoredImage(engine, back, { image: 'debian:12' })
  assert.equal(
    back.text,
    'Restored: sha256:b\nTagged: debian:12\nLeft alone, since it leads to another image: debian:latest\n',
  )
  assert.equal(asked.at(-1), 'POST /strata/images/restore?name=debian%3A12')
})

test('prune: every line has its reason; nothing is removed unless it is confirmed', async t => {
  const asked: URLSearchParams[] = []
  const answer = {
    Images: [
      { Id: `sha256:${'c'.repeat(64)}`, Names: [], Action: 'remove', Reason: 'it has no name', Bytes: 1_500_000 },
      {
        Id: `sha256:${'d'.repeat(64)}`,
        Names: ['a:1', 'a:2'],
        Action: 'keep',
        Reason: 'container web uses it',
        Bytes: 0,
        LastUsed: '2026-01-02T03:04:05.678Z',
      },
    ],
    SpaceReclaimed: 1_500_000,
  }
  const engine = await fakeEngine(t, (request, response) => {
    asked.push(new URL(request.url!, 'http://x').searchParams)
    response.end(JSON.stringify(answer))
  })
  const table = [
    'ACTION   IMAGE ID       NAMES      FREES   LAST USED           REASON',
    'remove   cccccccccccc   <none>     1.5MB   never               it has no name',
    'keep     dddddddddddd   a:1, a:2           2026-01-02 03:04Z   container web uses it',
    '',
    '',
  ].join('\n')
  const dry = sink()
  const never = () => assert.fail('asked')
  const filter = ['unused-for=30d', 'label!=keep', 'label!=too']
  await showImagePrune(engine, dry, { all: true, filter, dryRun: true, confirm: never })
  assert.equal(dry.text, `${table}Would be reclaimed: 1.5MB\n`)
  assert.equal(asked[0]!.get('dry-run'), '1')
  assert.deepEqual(JSON.parse(asked[0]!.get('filters')!), {
    dangling: ['false'],
    'unused-for': ['30d'],
    'label!': ['keep', 'too'],
  })

  const refused = sink()
  await showImagePrune(engine, refused, { confirm: async () => false })
  assert.equal(refused.text, table)
  assert.deepEqual(
    asked.splice(1).map(query => query.get('dry-run')),
    ['1'],
  )

  const confirmed = sink()
  await showImagePrune(engine, confirmed, { confirm: async () => true })
  assert.equal(confirmed.text, `${table}Total reclaimed space: 1.5MB\n`)
  assert.deepEqual(
    asked.splice(1).map(query => query.get('dry-run')),
    ['1', null],
  )

  const forced = sink()
  await showImagePrune(engine, forced, { force: true, json: true, confirm: never })
  assert.deepEqual(JSON.parse(forced.text), answer)
  assert.deepEqual(
    asked.splice(1).map(query => query.get('dry-run')),
    [null],
  )
  await assert.rejects(showImagePrune(engine, sink(), { filter: ['x'], confirm: never }), /invalid filter "x"/)
})
