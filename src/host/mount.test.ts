import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { addon } from './addon.ts'
import {
  bindMount,
  detach,
  isMountPoint,
  MountAttribute,
  MountFlag,
  mount,
  mountWithOptions,
  unmount,
} from './mount.ts'
import { fileSystemOf, mountsUnder } from './mount-table.ts'
import { temporaryFolder } from './testdata/folder.ts'

async function folders(base: string, ...names: string[]): Promise<string[]> {
  const paths = names.map(name => join(base, name))
  for (const path of paths) await mkdir(path, { recursive: true })
  return paths
}

test('mounts and unmounts a tmpfs', async t => {
  const folder = await temporaryFolder(t)
  const [at] = await folders(folder, 'mnt')
  assert.equal(await isMountPoint(at!), false)
  mount(at!, { source: 'strata', type: 'tmpfs', flags: MountFlag.noSuid | MountFlag.noDev, data: 'size=64k,mode=700' })
  assert.equal(await isMountPoint(at!), true)
  const [entry] = await mountsUnder(folder)
  assert.equal(entry?.mountPoint, at)
  assert.equal(entry?.source, 'strata')
  assert.match(entry?.superOptions ?? '', /size=64k/)
  assert.ok(entry?.options.includes('nosuid'))
  assert.equal(await fileSystemOf(join(at!, 'x')), 'tmpfs')
  assert.equal(await unmount(at!), true)
  assert.equal(await unmount(at!), false)
  assert.equal(await unmount(join(folder, 'nothing')), false)
  assert.equal(detach(join(folder, 'nothing')), false)
  assert.equal(await isMountPoint(join(folder, 'nothing')), false)
})

test('mounts at names with blanks and bytes that are not UTF-8', async t => {
  const folder = await temporaryFolder(t)
  const [at] = await folders(folder, 'a b\tc\nd\\e#')
  mount(at!, { source: 'none', type: 'tmpfs' })
  assert.deepEqual(
    (await mountsUnder(folder)).map(entry => entry.mountPoint),
    [at],
  )
  const bytes = Buffer.concat([Buffer.from(`${at}/`), Buffer.from([0xff, 0xfe])])
  await mkdir(bytes)
  mount(bytes, { source: 'none', type: 'tmpfs' })
  assert.equal(await unmount(bytes), true)
})

test('bind mounts, read-only when asked; a link at the target is not followed to unmount', async t => {
  const folder = await temporaryFolder(t)
  const [from, to] = await folders(folder, 'from', 'to')
  await writeFile(join(from!, 'file'), 'hello')
  bindMount(from!, to!, { readOnly: true })
  assert.equal(await readFile(join(to!, 'file'), 'utf8'), 'hello')
  await assert.rejects(writeFile(join(to!, 'file'), 'x'), { code: 'EROFS' })
  await symlink(to!, join(folder, 'link'))
  assert.equal(await unmount(join(folder, 'link')), false)
  assert.equal(await isMountPoint(join(folder, 'link')), false)
  assert.equal(await unmount(to!), true)
})

test('a busy mount is detached, or fails when asked to', async t => {
  const folder = await temporaryFolder(t)
  const [at] = await folders(folder, 'mnt')
  mount(at!, { source: 'none', type: 'tmpfs' })
  const file = await open(join(at!, 'held'), 'w+')
  try {
    await assert.rejects(unmount(at!, { whenBusy: 'fail' }), { code: 'EBUSY' })
    assert.equal(await isMountPoint(at!), true)
    assert.equal(await unmount(at!), true)
    assert.equal(await isMountPoint(at!), false)
    await file.write('still there')
  } finally {
    await file.close()
  }
})

test('data that do not fit into a page are refused, not cut', async t => {
  const folder = await temporaryFolder(t)
  assert.throws(() => mount(folder, { source: 'none', type: 'tmpfs', data: `size=64k,${'x'.repeat(4096)}` }), {
    code: 'E2BIG',
  })
})

test('mounts relative to a folder, and stays where it is itself', async t => {
  const folder = await temporaryFolder(t)
  await folders(folder, 'l1', 'l2', 'up', 'work', 'merged')
  await writeFile(join(folder, 'l1/one'), '1')
  await writeFile(join(folder, 'l2/two'), '2')
  const before = process.cwd()
  mount('merged', {
    source: 'overlay',
    type: 'overlay',
    data: 'lowerdir=l2:l1,upperdir=up,workdir=work',
    cwd: folder,
  })
  assert.equal(process.cwd(), before)
  assert.equal(readFileSync(join(folder, 'merged/one'), 'utf8'), '1')
  assert.equal(readFileSync(join(folder, 'merged/two'), 'utf8'), '2')
  assert.throws(() => mount('merged', { type: 'tmpfs', cwd: join(folder, 'none') }), {
    code: 'ENOENT',
    syscall: 'chdir',
    path: join(folder, 'none'),
  })
  assert.throws(() => mount('none', { type: 'tmpfs', cwd: folder }), { code: 'ENOENT', syscall: 'mount', path: 'none' })
})

test('the new mount API stacks 150 layers whose paths are longer than its strings', async t => {
  const folder = await temporaryFolder(t)
  const long = 'n'.repeat(250)
  const layers = await folders(folder, ...Array.from({ length: 150 }, (_, i) => `${long}/${i}`))
  for (const [i, layer] of layers.entries()) {
    await writeFile(join(layer, `file${i}`), `${i}`)
    await writeFile(join(layer, 'top'), `${i}`)
  }
  const [upper, work, merged] = await folders(folder, `${long}/up,per\\:x`, `${long}/work`, 'merged')
  mountWithOptions(merged!, 'overlay', [
    ...layers.map(layer => ['lowerdir+', layer] as const),
    ['upperdir', upper!],
    ['workdir', work!],
  ])
  assert.equal(readFileSync(join(merged!, 'top'), 'utf8'), '0')
  assert.equal(readFileSync(join(merged!, 'file149'), 'utf8'), '149')
  await writeFile(join(merged!, 'new'), 'x')
  assert.equal(readFileSync(join(upper!, 'new'), 'utf8'), 'x')
})

test('the new mount API takes flags, attributes and short strings', async t => {
  const folder = await temporaryFolder(t)
  mountWithOptions(
    folder,
    'tmpfs',
    [
      ['source', 'strata'],
      ['size', '64k'],
      ['ro', null],
    ],
    MountAttribute.noExec,
  )
  const [entry] = await mountsUnder(folder)
  assert.equal(entry?.source, 'strata')
  assert.match(entry?.superOptions ?? '', /^ro,/)
  assert.ok(entry?.options.includes('noexec'))
  assert.equal(await unmount(folder), true)
})

test('what the kernel says about an option is in the error', async t => {
  const folder = await temporaryFolder(t)
  assert.throws(() => mountWithOptions(folder, 'tmpfs', [['size', 'plenty']]), {
    code: 'EINVAL',
    syscall: 'fsconfig',
    path: folder,
    message: /option size: .*Bad value for 'size'/,
  })
  assert.throws(() => mountWithOptions(folder, 'nosuchfs', []), { code: 'ENODEV', syscall: 'fsopen' })
  const missing = join(folder, 'x'.repeat(255), 'y')
  assert.throws(() => mountWithOptions(folder, 'overlay', [['lowerdir+', missing]]), { code: 'ENOENT' })
  assert.throws(() => mountWithOptions(join(folder, 'none'), 'tmpfs', []), { code: 'ENOENT', syscall: 'move_mount' })
})

test('a read-only attribute makes the mount read-only', async t => {
  const folder = await temporaryFolder(t)
  mountWithOptions(folder, 'tmpfs', [], MountAttribute.readOnly)
  await assert.rejects(writeFile(join(folder, 'x'), ''), { code: 'EROFS' })
  assert.equal(addon().isMountRoot(folder), true)
})
