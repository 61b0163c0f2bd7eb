import assert from 'node:assert/strict'
import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { type DiffID, parseDiffID } from '../../oci/index.ts'
import { isStrataError } from '../../std/index.ts'
import type { Difference, LayerDriver, LayerSurvey } from '../layers.ts'
import { isFolder, layerOf, layers, type Model, type ModelLayer, parents, stack } from './model.ts'
import { all, layerFolder, type MakeDriver, never, put, setUp } from './setup.ts'
import { file, folder, link, opaque, special, symlink, tarOf, utf8, whiteout } from './tar.ts'

/** One line a difference: `+ /path to1`, `- /path both0`, `~ /path to2 content mode`. */
function told(differences: readonly Difference[]): string[] {
  return differences.map(({ path, before, after, aspects, by }) => {
    const sign = before ? (after ? '~' : '-') : '+'
    return [sign, path, `${by.chain}${by.index}`, ...aspects].join(' ')
  })
}

async function compare(driver: LayerDriver, from: readonly DiffID[], to: readonly DiffID[]): Promise<Difference[]> {
  return all(driver.compare(from, to, { signal: never }))
}

async function ingest(driver: LayerDriver, ...tars: readonly Uint8Array[]): Promise<DiffID[]> {
  const chain: DiffID[] = []
  for (const tar of tars) chain.push((await put(driver, tar)).diffID)
  return chain
}

export function viewCases(make: MakeDriver): void {
  test('differences tell what of a file is another, and which layer made it so', async t => {
    const { driver } = await setUp(t, make)
    const [base, top, other] = await ingest(
      driver,
      await tarOf(
        folder('d'),
        file('d/same', 'same'),
        file('d/bytes', 'one'),
        file('d/longer', 'one'),
        file('d/mode', 'x', { mode: 0o644 }),
        file('d/owner', 'x', { uid: 1 }),
        file('d/xattr', 'x', { xattrs: { 'user.k': 'v' } }),
        file('d/time', 'x'),
        file('d/type', 'x'),
        symlink('d/link', 'a'),
        special('char', 'd/device', { devmajor: 1, devminor: 3 }),
        file('gone/deep/file', 'x'),
        file('hidden/file', 'x'),
        file('hidden/kept', 'x'),
      ),
      await tarOf(
        file('d/same', 'same'),
        file('d/bytes', 'two'),
        file('d/longer', 'longer'),
        file('d/mode', 'x', { mode: 0o4755 }),
        file('d/owner', 'x', { uid: 2 }),
        file('d/xattr', 'x', { xattrs: { 'user.k': 'w' } }),
        file('d/time', 'x', { mtime: { seconds: 1_600_000_000, nanoseconds: 1 } }),
        folder('d/type'),
        file('d/type/below', 'x'),
        symlink('d/link', 'b'),
        special('char', 'd/device', { devmajor: 1, devminor: 5 }),
      ),
      await tarOf(whiteout('gone'), folder('hidden'), opaque('hidden'), file('hidden/kept', 'x'), file('new', 'x')),
    )
    const differences = await compare(driver, [base!], [base!, top!, other!])
    assert.deepEqual(told(differences), [
      '~ /d to1 time',
      '~ /d/bytes to1 content',
      '~ /d/device to1 content',
      '~ /d/link to1 content',
      '~ /d/longer to1 content',
      '~ /d/mode to1 mode',
      '~ /d/owner to1 owner',
      '~ /d/time to1 time',
      '~ /d/type to1 type mode',
      '+ /d/type/below to1',
      '~ /d/xattr to1 xattrs',
      '- /gone to2',
      '- /gone/deep to2',
      '- /gone/deep/file to2',
      '~ /hidden to2 time',
      '- /hidden/file to2',
      '+ /new to2',
    ])
    const backwards = told(await compare(driver, [base!, top!, other!], [base!]))
    assert.deepEqual(
      backwards.filter(line => /bytes|gone|new/.test(line)),
      ['~ /d/bytes from1 content', '+ /gone from2', '+ /gone/deep from2', '+ /gone/deep/file from2', '- /new from2'],
    )
    assert.deepEqual(await compare(driver, [base!, top!], [base!, top!]), [])
  })

  test('a difference has both files', async t => {
    const { driver } = await setUp(t, make)
    const [base, top, other] = await ingest(
      driver,
      await tarOf(file('f', 'one', { uid: 7, gid: 8, mode: 0o600 }), link('g', 'f', { uid: 7, gid: 8, mode: 0o600 })),
      await tarOf(symlink('f', 'target')),
      await tarOf(whiteout('g')),
    )
    const mtime = { seconds: 1_600_000_000, nanoseconds: 123_456_789 }
    const before = { type: 'file', mode: 0o600, uid: 7, gid: 8, size: 3, mtime, layer: { chain: 'both', index: 0 } }
    const by = { chain: 'to', index: 1 }
    const [difference, ...others] = await compare(driver, [base!], [base!, top!])
    const { linked, ...rest } = difference!.before!
    assert.equal(linked?.names, 2)
    assert.deepEqual(rest, before)
    assert.deepEqual(
      { ...difference, before: undefined },
      {
        path: '/f',
        aspects: ['type', 'mode', 'owner'],
        before: undefined,
        after: { type: 'symlink', mode: 0o777, uid: 0, gid: 0, size: 6, mtime, layer: by },
        by,
      },
    )
    assert.deepEqual(others, [])
    const [one, two] = await compare(driver, [], [base!])
    assert.deepEqual([one!.path, two!.path], ['/f', '/g'])
    assert.deepEqual(one!.after!.linked, two!.after!.linked)
    assert.equal(one!.after!.linked?.names, 2)
    // A name that no container sees does not count.
    const [alone] = await compare(driver, [base!, other!], [base!, other!, top!])
    assert.deepEqual([alone!.path, alone!.before!.linked], ['/f', undefined])
  })

  test('what differs in its bytes alone is found, in sparse files too', async t => {
    const { driver } = await setUp(t, make)
    const big = Buffer.alloc(3 << 20, 'a')
    const changed = Buffer.from(big)
    changed[(3 << 20) - 1] = 1
    const holes = { size: 10 << 20, sparse: [{ offset: 5 << 20, size: 4096 }] }
    const sparse = (content: Buffer) => ({
      ...file('sparse', content),
      header: { ...file('sparse', content, holes).header },
    })
    const full = Buffer.alloc(10 << 20)
    full.fill('s', 5 << 20, (5 << 20) + 4096)
    const [one, two, three] = await ingest(
      driver,
      await tarOf(file('big', big), file('same', big), sparse(Buffer.alloc(4096, 's'))),
      await tarOf(file('big', changed), file('same', big), file('sparse', full)),
      await tarOf(file('big', big), file('same', big), sparse(Buffer.alloc(4096, 't'))),
    )
    assert.deepEqual(told(await compare(driver, [one!], [two!])), ['~ /big to0 content'])
    assert.deepEqual(told(await compare(driver, [one!], [three!])), ['~ /sparse to0 content'])
    assert.deepEqual(told(await compare(driver, [two!], [three!])), ['~ /big to0 content', '~ /sparse to0 content'])
  })

  test('what was never there was not removed: the layer that has it is named', async t => {
    const { driver } = await setUp(t, make)
    const [one, two, three] = await ingest(
      driver,
      await tarOf(file('d/a', 'a'), file('d/b', 'b')),
      await tarOf(file('d/c', 'c')),
      await tarOf(whiteout('d/a'), file('d/e', 'e')),
    )
    assert.deepEqual(told(await compare(driver, [one!], [two!, three!])), [
      '- /d/a from0',
      '- /d/b from0',
      '+ /d/c to0',
      '+ /d/e to1',
    ])
    assert.deepEqual(told(await compare(driver, [one!, two!], [one!, three!])), [
      '- /d/a to1',
      '- /d/c from1',
      '+ /d/e to1',
    ])
    const gone = await ingest(
      driver,
      await tarOf(file('d/a', 'again')),
      await tarOf(whiteout('d')),
      await tarOf(file('d/f')),
    )
    assert.deepEqual(told(await compare(driver, [one!], [one!, three!, ...gone])), [
      '- /d/a to3',
      '- /d/b to3',
      '+ /d/f to4',
    ])
  })

  test('names that are no UTF-8 are shown as well as they can be', async t => {
    const { driver } = await setUp(t, make)
    const [layer] = await ingest(driver, await tarOf(file(utf8('grüße')), file('\xff')))
    const paths = (await compare(driver, [], [layer!])).map(({ path }) => path)
    assert.deepEqual(paths, ['/grüße', '/\ufffd'])
  })

  test('a survey counts what each layer has and what is hidden of it', async t => {
    const { driver } = await setUp(t, make)
    const chain = await ingest(
      driver,
      await tarOf(
        folder('d'),
        file('d/kept', 'x'.repeat(10)),
        file('d/replaced', 'x'.repeat(200)),
        file('d/removed', 'x'.repeat(300)),
        file('linked', 'x'.repeat(4000)),
        link('d/linked', 'linked'),
        symlink('d/symlink', 'target'),
      ),
      await tarOf(whiteout('d/removed'), file('d/replaced', 'y'.repeat(50)), whiteout('linked')),
      await tarOf(folder('d'), opaque('d'), file('d/replaced', 'z')),
      await tarOf(file('d/new', 'n')),
    )
    const surveys = await driver.survey(chain, { paths: 3, signal: never })
    const row = ({ size, files, removals, hidden, hiddenFiles }: LayerSurvey) => [
      size,
      files,
      removals,
      hidden,
      hiddenFiles,
    ]
    assert.deepEqual(surveys.map(row), [
      [4516, 6, 0, 4516, 6],
      [50, 1, 2, 50, 1],
      [1, 1, 1, 0, 0],
      [1, 1, 0, 0, 0],
    ])
    assert.deepEqual(
      surveys.map(({ diffID }) => diffID),
      chain,
    )
    assert.deepEqual(
      surveys.map(({ largest }) => largest.map(({ path, size, by, how }) => `${path} ${size} ${by} ${how}`)),
      [['/d/linked 4000 2 removed', '/d/removed 300 1 removed', '/d/replaced 200 1 replaced'], [], [], []],
    )
    const [none] = await driver.survey(chain, { paths: 0, signal: never })
    assert.deepEqual(none!.largest, [])
    assert.deepEqual(await driver.survey([], { paths: 3, signal: never }), [])
  })

  test('a layer may stand in a chain more than once', async t => {
    const { driver } = await setUp(t, make)
    const [one, two] = await ingest(driver, await tarOf(file('f', 'first')), await tarOf(file('f', 'two')))
    const surveys = await driver.survey([one!, two!, one!], { paths: 9, signal: never })
    assert.deepEqual(
      surveys.map(({ hidden }) => hidden),
      [5, 3, 0],
    )
    assert.deepEqual(await compare(driver, [one!], [one!, two!, one!]), [])
  })

  test('layers that are missing or damaged are named', async t => {
    const { driver, root } = await setUp(t, make)
    const missing = parseDiffID(`sha256:${'0'.repeat(64)}`)
    const [layer] = await ingest(driver, await tarOf(file('f', 'x'.repeat(5000))))
    for (const work of [
      () => compare(driver, [layer!], [layer!, missing]),
      () => driver.survey([missing], { paths: 0, signal: never }),
    ]) {
      await assert.rejects(
        work,
        error => isStrataError(error, 'not_found') && /0{64} does not exist/.test(error.message),
      )
    }
    await truncate(join(layerFolder(driver, root, layer!), 'layer.tar'), 3000)
    await assert.rejects(
      driver.survey([layer!], { paths: 0, signal: never }),
      error => isStrataError(error, 'internal') && /is damaged/.test(error.message),
    )
  })

  test('say what a plain model of layers says', async t => {
    const { driver } = await setUp(t, make)
    await fc.assert(
      fc.asyncProperty(layers, layers, layers, async (lowest, one, other) => {
        const base = lowest.map(layerOf)
        const from = [...base, ...one.map(layerOf)]
        const to = [...base, ...other.map(layerOf)]
        const ids = new Map<ModelLayer, DiffID>()
        for (const layer of new Set([...from, ...to])) {
          ids.set(layer, (await put(driver, await tarOf(...layer.entries))).diffID)
        }
        const chainOf = (side: Side) => side.map(layer => ids.get(layer)!)
        const chains = [chainOf(from), chainOf(to)] as const
        const found = (await compare(driver, ...chains))
          // The model knows no times.
          .map(difference => ({ ...difference, aspects: difference.aspects.filter(aspect => aspect !== 'time') }))
          .filter(({ before, after, aspects }) => !before || !after || aspects.length > 0)
        const least = Math.min(from.length, to.length)
        const common = chains[0].findIndex((id, at) => id !== chains[1][at])
        assert.deepEqual(told(found), expectedDifferences(from, to, common < 0 ? least : Math.min(common, least)))
        const surveys = await driver.survey(chains[0], { paths: 0, signal: never })
        assert.deepEqual(
          surveys.map(({ files, hidden, hiddenFiles }) => [files, hidden, hiddenFiles]),
          from.map((_, at) => expectedSurvey(from, at)),
        )
      }),
      { numRuns: 60 },
    )
  })
}

type Side = readonly ModelLayer[]

/** What is shown by the lowest 0, 1, 2 … layers. */
function prefixes(side: Side): Model[] {
  return [0, ...side.keys().map(at => at + 1)].map(count => {
    const model: Model = new Map()
    for (const layer of side.slice(0, count)) stack(model, layer)
    return model
  })
}

function expectedDifferences(from: Side, to: Side, shared: number): string[] {
  const [before, after] = [prefixes(from), prefixes(to)]
  const [old, now] = [before.at(-1)!, after.at(-1)!]
  const place = (chain: string, index: number) => `${index < shared ? 'both' : chain}${index}`
  const holder = (chain: string, side: Side, path: string) =>
    place(
      chain,
      side.findLastIndex(({ model }) => model.has(path)),
    )
  /** The layer after which the path was never there again. */
  const remover = (chain: string, states: Model[], path: string) => {
    const last = states.findLastIndex(model => model.has(path))
    return last < 0 ? undefined : place(chain, last)
  }
  const names = [...new Set([...old.keys(), ...now.keys()])]
  names.sort((a, b) => (a.replaceAll('/', '\0') < b.replaceAll('/', '\0') ? -1 : 1))
  return names.flatMap(path => {
    const shown = Buffer.from(`/${path}`, 'latin1').toString()
    const [one, other] = [old.get(path), now.get(path)]
    if (!other) return [`- ${shown} ${remover('to', after, path) ?? holder('from', from, path)}`]
    if (!one) return [`+ ${shown} ${remover('from', before, path) ?? holder('to', to, path)}`]
    const aspects: string[] = []
    if ((one.mode & 0o170000) !== (other.mode & 0o170000)) aspects.push('type')
    else if (one.text !== other.text) aspects.push('content')
    if ((one.mode & 0o7777) !== (other.mode & 0o7777)) aspects.push('mode')
    if (aspects.length === 0) return []
    const changed = holder('to', to, path)
    return [['~', shown, changed.startsWith('both') ? holder('from', from, path) : changed, ...aspects].join(' ')]
  })
}

function expectedSurvey(side: Side, at: number): [files: number, hidden: number, hiddenFiles: number] {
  const files = [...side[at]!.model].filter(([, thing]) => !isFolder(thing))
  const isHidden = (path: string) =>
    side
      .slice(at + 1)
      .some(
        ({ model, removed, hidden }) =>
          model.has(path) ||
          [...parents(path), path].some(name => removed.has(name)) ||
          parents(path).some(name => hidden.has(name) || (model.has(name) && !isFolder(model.get(name)))),
      )
  const gone = files.filter(([path]) => isHidden(path))
  const left = new Set(files.filter(([path]) => !isHidden(path)).map(([, { inode }]) => inode))
  const inodes = new Map(gone.map(([, thing]) => [thing.inode, thing.text.length]))
  const bytes = [...inodes].filter(([inode]) => !left.has(inode)).reduce((sum, [, size]) => sum + size, 0)
  return [files.length, bytes, gone.length]
}
