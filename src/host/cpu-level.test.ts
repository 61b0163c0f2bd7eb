import assert from 'node:assert/strict'
import { test } from 'node:test'
import { amd64Level } from './cpu-level.ts'

const v2 = 'cx16 lahf_lm pni popcnt sse4_1 sse4_2 ssse3'
const v3 = 'avx avx2 bmi1 bmi2 f16c fma movbe xsave'
const v4 = 'avx512bw avx512cd avx512dq avx512f avx512vl'
const cpuinfo = (flags: string) => `processor\t: 0\nflags\t\t: fpu ${flags}\nbugs\t\t: none\n\nprocessor\t: 1\n`

test('the level is the highest whose features, and those of the ones below, are all there', () => {
  assert.equal(amd64Level(cpuinfo('sse2')), '')
  assert.equal(amd64Level(cpuinfo(v2)), 'v2')
  assert.equal(amd64Level(cpuinfo(`${v2} ${v3}`)), 'v3')
  assert.equal(amd64Level(cpuinfo(`${v2} ${v3} ${v4}`)), 'v4')
  assert.equal(amd64Level(cpuinfo(`${v2} ${v4}`)), 'v2')
  assert.equal(amd64Level(cpuinfo(v3)), '')
  assert.equal(amd64Level(''), '')
})
