import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BindSpec, parseBind } from './bind-spec.ts'

const plain = { source: '', mode: '', writable: true, copy: true, propagation: '' }
const binds: Readonly<Record<string, Partial<BindSpec>>> = {
  '/x/': { destination: '/x' },
  'data:/x//y': { source: 'data', destination: '/x/y' },
  './here:/y': { source: './here', destination: '/y' },
  'data:/x:nocopy,ro': { source: 'data', destination: '/x', mode: 'nocopy,ro', writable: false, copy: false },
  '/a:/b:rw,z,rshared,cached': { source: '/a', destination: '/b', mode: 'rw,z,rshared,cached', propagation: 'rshared' },
}
for (const [spec, expected] of Object.entries(binds)) {
  test(spec, () => assert.deepEqual(parseBind(spec), { ...plain, ...expected }))
}

const ofVolume = 'invalid mount config for type "volume"'
const ofBind = 'invalid mount config for type "bind"'
const malformed: Readonly<Record<string, string>> = {
  '': '',
  ':/x': '',
  'v:': '',
  'v:ro': '',
  'a:b:c:d': '',
  v: `: ${ofVolume}: invalid mount path: 'v' mount path must be absolute`,
  'v:default': `: ${ofVolume}: invalid mount path: 'default' mount path must be absolute`,
  'v::ro': `: ${ofVolume}: field Target must not be empty`,
  'v:/x/..': `: ${ofVolume}: invalid specification: destination can't be '/'`,
  'v:/x:shared': `: ${ofVolume}: field BindOptions must not be specified`,
  '/v:/x:nocopy': `: ${ofBind}: field VolumeOptions must not be specified`,
  '/v:x/y': `: ${ofBind}: invalid mount path: 'x/y' mount path must be absolute`,
}
for (const [spec, why] of Object.entries(malformed)) {
  test(`${spec} is refused`, () => {
    assert.throws(() => parseBind(spec), { code: 'internal', message: `invalid volume specification: '${spec}'${why}` })
  })
}

test('of each kind of mode there is one', () => {
  for (const mode of ['zz', 'ro,rw', 'z,Z', 'shared,slave', ',ro', 'ro,']) {
    assert.throws(() => parseBind(`v:/x:${mode}`), { code: 'internal', message: `invalid mode: ${mode}` })
  }
})
