import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fileSystems, kernelAtLeast, parseOsRelease, readMachineFacts } from './kernel.ts'
import { runChecked } from './spawn.ts'

test('the facts of this machine are those of uname and os-release', async () => {
  const facts = await readMachineFacts()
  const [kernel, architecture, hostname] =
    (await runChecked('uname', ['-rmn'])).trim().split(' ').length === 3
      ? [await runChecked('uname', ['-r']), await runChecked('uname', ['-m']), await runChecked('uname', ['-n'])]
      : []
  assert.equal(facts.kernelVersion, kernel?.trim())
  assert.equal(facts.architecture, architecture?.trim())
  assert.equal(facts.hostname, hostname?.trim())
  assert.equal(facts.operatingSystem, (await runChecked('sh', ['-c', '. /etc/os-release; echo "$PRETTY_NAME"'])).trim())
  assert.ok(facts.totalMemory > 1 << 20)
  assert.equal(facts.cpus, Number(await runChecked('nproc', [])))
})

test('os-release values lose their quotes', () => {
  const fields = parseOsRelease(`# comment\nA="x y"\nB='q"'\nC=plain\nD="\\"in\\\\"\n\nbad line\nE=\n`)
  assert.deepEqual(Object.fromEntries(fields), { A: 'x y', B: 'q"', C: 'plain', D: '"in\\', E: '' })
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', ' ', '"', '\\', '$', "'", '=') }), value => {
      const quoted = `"${value.replace(/["\\$]/g, c => `\\${c}`)}"`
      assert.equal(parseOsRelease(`X=${quoted}\n`).get('X'), value)
    }),
  )
})

test('compares kernel versions', () => {
  assert.equal(kernelAtLeast(6, 12, '6.12.0-1-amd64'), true)
  assert.equal(kernelAtLeast(6, 12, '6.9.3'), false)
  assert.equal(kernelAtLeast(6, 12, '7.0-rc1'), true)
  assert.equal(kernelAtLeast(6, 12, '5.19'), false)
  assert.equal(kernelAtLeast(1, 0), true)
})

test('knows the file systems of the kernel', async () => {
  const known = await fileSystems()
  assert.ok(known.has('proc') && known.has('tmpfs'))
  assert.ok(!known.has('nodev') && !known.has('strata'))
})
