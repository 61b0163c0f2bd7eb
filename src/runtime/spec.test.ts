import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { availableCapabilities, capabilitiesFor } from './capabilities.ts'
import { mergeEnvironment } from './environment.ts'
import { restoredLimits, specLimits } from './limits.ts'
import { makeFolderInRootfs, readInRootfs } from './rootfs-path.ts'
import { compileSeccomp } from './seccomp.ts'
import { defaultSeccompProfile } from './seccomp-default.ts'
import { createSpec } from './spec.ts'
import { deviceNumbers, parseRule } from './spec-devices.ts'
import { mergeTmpfsOptions } from './spec-mounts.ts'
import { userIn } from './users.ts'

async function temporary(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'strata-spec-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test('users and groups as Docker finds them, and its words for those that it does not', () => {
  const passwd = 'root:x:0:0::/root:/bin/sh\nann:x:1000:1001::/:/bin/sh\n# note\n77:x:5:6::/:/bin/sh\n'
  const group = 'root:x:0:\nmore:x:1002:root,ann\nmine:x:1001:\n'
  const find = (text: string, add: string[] = []) => {
    const { uid, gid, additionalGids } = userIn({ passwd, group }, text, add)
    return [uid, gid, ...additionalGids]
  }
  assert.deepEqual(find(''), [0, 0, 0, 1002])
  assert.deepEqual(find('ann'), [1000, 1001, 1001, 1002])
  assert.deepEqual(find('1000'), [1000, 1001, 1001, 1002])
  assert.deepEqual(find('ann:more'), [1000, 1002, 1002])
  assert.deepEqual(find('4:5', ['more', '9']), [4, 5, 5, 1002, 9])
  assert.deepEqual(find('77'), [5, 6, 6])
  assert.throws(() => find('bob'), { message: 'unable to find user bob: no matching entries in passwd file' })
  assert.throws(() => find('0:x'), { message: 'unable to find group x: no matching entries in group file' })
  assert.throws(() => find('2147483648'), { message: 'uids and gids must be in range 0-2147483647' })
})

test('whatever is in passwd and group, a user has valid numbers or Docker’s error', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), fc.string(), (passwd, group, user) => {
      try {
        const { uid, gid, additionalGids } = userIn({ passwd, group }, user, [])
        for (const id of [uid, gid, ...additionalGids]) assert.ok(Number.isInteger(id) && id >= 0 && id < 2 ** 31)
      } catch (error) {
        assert.match(String(error), /unable to find (user|group)|must be in range/)
      }
    }),
  )
})

test('no symlink of a container leads out of its root file system', async t => {
  const folder = await temporary(t)
  const rootfs = join(folder, 'rootfs')
  await mkdir(join(rootfs, 'etc'), { recursive: true })
  await writeFile(join(folder, 'secret'), 'secret')
  await writeFile(join(rootfs, 'etc/real'), 'inside')
  await symlink('../../secret', join(rootfs, 'etc/passwd'))
  await symlink('/etc/real', join(rootfs, 'etc/group'))
  await symlink('../..', join(rootfs, 'out'))
  await symlink('loop', join(rootfs, 'loop'))
  assert.equal(await readInRootfs(rootfs, '/etc/passwd'), '')
  assert.equal(await readInRootfs(rootfs, '/etc/group'), 'inside')
  await makeFolderInRootfs(rootfs, '/out/made')
  assert.deepEqual(await readdir(folder), ['rootfs', 'secret'])
  assert.ok((await readdir(rootfs)).includes('made'))
  await assert.rejects(makeFolderInRootfs(rootfs, '/loop'), { code: 'invalid_argument' })
  await assert.rejects(makeFolderInRootfs(rootfs, '/etc/real'), {
    message: 'Cannot mkdir: /etc/real is not a directory',
  })
})

test('capabilities: the default ones, more, fewer, all', () => {
  assert.equal(capabilitiesFor({}).length, 14)
  assert.deepEqual(capabilitiesFor({ add: ['sys_chroot'], drop: ['all'] }), ['CAP_SYS_CHROOT'])
  assert.ok(!capabilitiesFor({ drop: ['CAP_KILL'] }).includes('CAP_KILL'))
  assert.ok(capabilitiesFor({ add: ['NET_ADMIN'] }).includes('CAP_NET_ADMIN'))
  assert.deepEqual(capabilitiesFor({ add: ['ALL'] }), availableCapabilities())
  assert.throws(() => capabilitiesFor({ add: ['FOO'] }), { message: 'invalid CapAdd: unknown capability: "CAP_FOO"' })
})

test('seccomp: what a capability opens is closed without it', () => {
  const allowed = (capabilities: string[]) => {
    const { syscalls } = compileSeccomp(defaultSeccompProfile, capabilities) as {
      syscalls: { names: string[]; action: string; args?: object[] }[]
    }
    const free = syscalls.filter(rule => rule.action === 'SCMP_ACT_ALLOW' && rule.args === undefined)
    return new Set(free.flatMap(rule => rule.names))
  }
  const plain = allowed([])
  const admin = allowed(['CAP_SYS_ADMIN'])
  assert.deepEqual([plain.has('mount'), plain.has('clone'), plain.has('read')], [false, false, true])
  assert.deepEqual([admin.has('mount'), admin.has('clone'), admin.has('clone3')], [true, true, true])
  assert.equal(compileSeccomp({ defaultAction: '' }, []), undefined)
  const double = {
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures: ['a'],
    archMap: [{ architecture: 'b', subArchitectures: [] }],
  }
  assert.throws(() => compileSeccomp(double, []), { code: 'invalid_argument' })
})

test('tmpfs options: the last of two opposites counts, unknown ones are refused', () => {
  assert.deepEqual(mergeTmpfsOptions(['noexec', 'exec', 'size=1m', 'size=2m']), ['exec', 'size=2m'])
  assert.throws(() => mergeTmpfsOptions(['foo']), { message: 'invalid tmpfs option "foo"' })
})

test('environment, device rules and numbers', () => {
  assert.deepEqual(mergeEnvironment(['A=1', 'B=2'], ['A=3', 'B', 'C=']), ['A=3', 'C='])
  assert.deepEqual(parseRule('c 42:* rmw'), { allow: true, type: 'c', major: 42, minor: -1, access: 'rmw' })
  assert.throws(() => parseRule('x'), { message: "invalid device cgroup rule format: 'x'" })
  assert.deepEqual(deviceNumbers(0x0801n), { major: 8, minor: 1 })
})

test('an unlimited limit is 2^64-1 in the JSON, also after a round trip', () => {
  const text = JSON.stringify(specLimits([{ name: 'core', soft: -1, hard: -1 }]))
  const parsed = JSON.parse(text) as { type: string; soft: number; hard: number }[]
  assert.match(text, /"type":"RLIMIT_CORE"/)
  assert.equal(JSON.stringify(restoredLimits(parsed)), text)
})

test('a privileged container has no filter and no masks; bad options have Docker’s words', async t => {
  const rootfs = await temporary(t)
  const options = { id: 'x'.repeat(64), rootfs, args: ['true'] }
  const spec = (await createSpec({ ...options, privileged: true })) as {
    hostname: string
    linux: Record<string, unknown>
  }
  assert.equal(spec.hostname, 'x'.repeat(12))
  assert.deepEqual([spec.linux.seccomp, spec.linux.maskedPaths], [undefined, []])
  assert.equal(spec.linux.cgroupsPath, `/strata/${options.id}`)
  const cases = [
    [{ args: [] }, 'no command specified'],
    [{ cwd: 'rel' }, "the working directory 'rel' is invalid, it needs to be an absolute path"],
    [
      { devices: [{ pathOnHost: '/dev/nosuch' }] },
      'error gathering device information while adding custom device "/dev/nosuch": no such file or directory',
    ],
  ] as const
  for (const [more, message] of cases) {
    await assert.rejects(createSpec({ ...options, ...more }), { code: 'invalid_argument', message })
  }
})
