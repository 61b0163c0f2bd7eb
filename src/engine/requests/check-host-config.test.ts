import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HostConfig } from '../../apitypes/index.ts'
import { adaptHostConfig } from './adapt-host-config.ts'
import { checkHostConfig } from './check-host-config.ts'
import { parseSecurityOptions } from './security-options.ts'

const nothing = {
  ...{ Isolation: '', AutoRemove: false, RestartPolicy: { Name: '', MaximumRetryCount: 0 }, IpcMode: '', PidMode: '' },
  ...{ UTSMode: '', CgroupnsMode: '', ShmSize: 0, OomScoreAdj: 0, NetworkMode: 'default', Privileged: false },
  ...{ Memory: 0, MemorySwap: 0, OomKillDisable: null, SecurityOpt: null, ExtraHosts: null, CapAdd: null },
} as unknown as HostConfig

const refusal = (asked: Partial<HostConfig>) => {
  try {
    checkHostConfig({ ...nothing, ...asked }, { runc: {} })
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

test('what is on the border of a host config is taken', () => {
  for (const asked of [
    { OomScoreAdj: -1000, ShmSize: 1, Isolation: 'DEFAULT', Runtime: 'runc', CgroupnsMode: 'private' },
    { ExtraHosts: ['x:::1', 'x:host-gateway'], CapAdd: ['all', 'cap_chown'], Tmpfs: { '/x/': '' } },
    { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 }, IpcMode: 'container:x', PidMode: 'host' },
  ]) {
    assert.equal(refusal(asked), '')
  }
})

test("what is beyond it is refused in Docker's words", () => {
  assert.deepEqual(
    [
      refusal({ OomScoreAdj: 1001 }),
      refusal({ ShmSize: -1 }),
      refusal({ PidMode: 'container:' }),
      refusal({ Runtime: 'constructor' }),
      refusal({ ExtraHosts: ['x=1.2.3.4'] }),
      refusal({ ExtraHosts: ['x:[::1]'] }),
      refusal({ Tmpfs: { '/..': '' } }),
      refusal({ RestartPolicy: { Name: 'always', MaximumRetryCount: -1 } }),
      refusal({ AutoRemove: true, RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } }),
      refusal({ CapDrop: ['x'] }),
    ],
    [
      'Invalid value 1001, range for oom score adj is [-1000, 1000]',
      'SHM size can not be less than 0',
      'invalid PID mode: container:',
      'unknown or invalid runtime name: constructor',
      'bad format for add-host: "x=1.2.3.4"',
      'invalid IP address in add-host: "[::1]"',
      "invalid specification: destination can't be '/'",
      "invalid restart policy: maximum retry count can only be used with 'on-failure' and cannot be negative",
      "can't create 'AutoRemove' container with restart policy",
      'invalid CapDrop: unknown capability: "CAP_X"',
    ],
  )
})

test('defaults are filled in, names of containers become IDs, labels go with namespaces', () => {
  const machine = { known: new Set(['oomKillDisable'] as const), processors: 1, cpus: '', mems: '' }
  const findId = (name: string) => (name === 'web' ? 'f00d' : undefined)
  const adapt = (asked: Partial<HostConfig>) => adaptHostConfig({ ...nothing, ...asked }, { machine, findId })
  const { MemorySwap, OomKillDisable, RestartPolicy } = adapt({ Memory: 5 })
  assert.deepEqual([MemorySwap, OomKillDisable, RestartPolicy.Name], [10, false, 'no'])
  assert.equal(adapt({ Memory: 5, MemorySwap: -1 }).MemorySwap, -1)
  const { PidMode, IpcMode, NetworkMode } = adapt({
    ...{ PidMode: 'container:web', IpcMode: 'container:db', NetworkMode: 'container:web' },
  })
  assert.deepEqual([PidMode, IpcMode, NetworkMode], ['container:f00d', 'container:db', 'container:f00d'])
  assert.deepEqual(adapt({ PidMode: 'host' }).SecurityOpt, ['label=disable'])
  assert.deepEqual(adapt({ Privileged: true, SecurityOpt: ['label:type:x'] }).SecurityOpt, ['label:type:x'])
  assert.equal(adapt({}).SecurityOpt, null)
})

test('security options: what each says, and which are none', () => {
  const asked = ['no-new-privileges:T', 'writable-cgroups', 'seccomp=a=b', 'apparmor=x', 'label=user:x', 'disable']
  assert.deepEqual(parseSecurityOptions(asked), {
    ...{ noNewPrivileges: true, writableCgroups: true, seccomp: 'a=b', apparmor: 'x' },
  })
  assert.deepEqual(parseSecurityOptions(['no-new-privileges', 'no-new-privileges=0']), { noNewPrivileges: false })
  for (const [option, number] of [
    ['x', 1],
    ['', 1],
    ['label', 1],
    ['x=y', 2],
    ['no-new-privileges=yes', 2],
    ['systempaths=unconfined', 2],
  ] as const) {
    const message = `invalid --security-opt ${number}: "${option}"`
    assert.throws(() => parseSecurityOptions([option]), { code: 'internal', message })
  }
})
