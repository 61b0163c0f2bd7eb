import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isStrataError } from '../std/index.ts'
import { checkSignal, parseSignal, signalName } from './signals.ts'

test('the forms that Docker takes', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['KILL', 9],
    ['SIGKILL', 9],
    ['sigkill', 9],
    ['Term', 15],
    ['9', 9],
    ['CHLD', 17],
    ['CLD', 17],
    ['IOT', 6],
    ['POLL', 29],
    ['RTMIN', 34],
    ['SIGRTMIN+3', 37],
    ['RTMIN+15', 49],
    ['RTMAX-14', 50],
    ['RTMAX', 64],
    ['64', 64],
  ]
  for (const [text, number] of cases) assert.equal(parseSignal(text), number, text)
})

test('what Docker says about others', () => {
  for (const text of ['', 'NOPE', 'SIG', 'SIGSIGKILL', '0', 'RTMIN+16', '1.5', ' 9', 'toString']) {
    assert.throws(
      () => parseSignal(text),
      error => isStrataError(error, 'invalid_argument') && error.message === `invalid signal: ${text}`,
      text,
    )
  }
  for (const text of ['65', '-1', '32', '1000']) {
    assert.throws(
      () => parseSignal(text),
      error =>
        isStrataError(error, 'invalid_argument') &&
        error.message === `The linux daemon does not support signal ${text}`,
    )
  }
})

test('a number may be checked for being one', () => {
  for (const [text, number] of [
    ['65', 65],
    ['-1', -1],
    ['sigterm', 15],
  ] as const) {
    assert.equal(checkSignal(text), number)
  }
  for (const text of ['0', 'NOPE', '']) assert.throws(() => checkSignal(text), { message: `invalid signal: ${text}` })
})

test('a name leads back to its number', () => {
  assert.equal(signalName(9), 'SIGKILL')
  assert.equal(signalName(17), 'SIGCHLD')
  assert.equal(signalName(37), 'SIGRTMIN+3')
  assert.equal(signalName(0), undefined)
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), number => {
      const name = signalName(number)
      if (name === undefined) assert.ok(number === 32 || number === 33)
      else assert.equal(parseSignal(name), number)
    }),
  )
})
