import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isStrataError } from '../std/index.ts'
import { changeConfig } from './change-config.ts'
import { parseDuration } from './duration.ts'

const base = { Env: ['PATH=/bin', 'A=1'], Cmd: ['old'], Labels: { of: 'base' }, WorkingDir: '/usr' }

test('no changes leave a config as it is', () => {
  assert.equal(changeConfig(base, []), base)
})

test('changes are applied in their order, with the variables of that moment', () => {
  const config = changeConfig(base, [
    'ENV B=$A A=2 C="x y"',
    'ENV D=$A$B',
    'LABEL l=$D "two words"=$C',
    'WORKDIR lib',
    'WORKDIR ../$A',
    'USER $B',
    'EXPOSE 80 53/UDP 8000-8001',
    'VOLUME /data/$A /b',
  ])
  assert.deepEqual(config, {
    Env: ['PATH=/bin', 'A=2', 'B=1', 'C=x y', 'D=21'],
    Cmd: ['old'],
    Labels: { of: 'base', l: '21', 'two words': 'x y' },
    WorkingDir: '/usr/2',
    User: '1',
    ExposedPorts: { '53/udp': {}, '80/tcp': {}, '8000/tcp': {}, '8001/tcp': {} },
    Volumes: { '/data/2': {}, '/b': {} },
  })
})

test('an entrypoint takes the command away unless that was set too', () => {
  assert.deepEqual(changeConfig(base, ['ENTRYPOINT ["e"]']).Cmd, null)
  assert.deepEqual(changeConfig(base, ['CMD new', 'ENTRYPOINT e']).Cmd, ['/bin/sh', '-c', 'new'])
  assert.deepEqual(changeConfig({ ...base, Shell: ['bash', '-ec'] }, ['ENTRYPOINT e']).Entrypoint, ['bash', '-ec', 'e'])
})

test('what is no change of a config is refused as a whole', () => {
  for (const line of ['RUN x', 'COPY a b', 'FROM y', 'nonsense']) {
    assert.throws(() => changeConfig(base, ['ENV X=1', line]), {
      code: 'invalid_argument',
      message: `${line.split(' ')[0]} is not a valid change command`,
    })
  }
})

test("durations are Go's", () => {
  const cases: Readonly<Record<string, number>> = {
    '0': 0,
    '1.5s': 1_500_000_000,
    '1h2m3s4ms5us6ns': 3_723_004_005_006,
    '-2ms': -2_000_000,
    '.5µs': 500,
  }
  for (const [text, nanoseconds] of Object.entries(cases)) assert.equal(parseDuration(text), nanoseconds, text)
  for (const text of ['', 's', '1', '1x', 'x1s', '1s2', '-', '1.2.3s']) {
    assert.throws(
      () => parseDuration(text),
      error => isStrataError(error, 'invalid_argument'),
      text,
    )
  }
})
