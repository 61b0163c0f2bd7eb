// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the words of a shell
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { isStrataError } from '../std/index.ts'
import { type ExpandOptions, expandWord, expandWords } from './words.ts'

const variables = new Map([
  ['PWD', '/home'],
  ['SHELL', 'bash'],
  ['EMPTY', ''],
  ['KOREAN', '한국어'],
  ['NULL', ''],
  ['A', 'a.b.c'],
  ['P', '/usr/local/bin:/bin'],
  ['X', 'foo bar'],
  ['STAR', 'a*b'],
  ['N', '1'],
  ['LONG', 'aaabbbaaa'],
  ['Q', "'q'"],
  ['GLOB', 'file.tar.gz'],
])
const options: ExpandOptions = { escape: '\\', variables }

const own: readonly (readonly [word: string, text: string, words?: readonly string[]])[] = [
  ['plain', 'plain'],
  ['$A$N', 'a.b.c1'],
  ['\'$A\'"$A"\\$A', '$Aa.b.c$A'],
  ['$X', 'foo bar', ['foo', 'bar']],
  ['"$X" y', 'foo bar y', ['foo bar', 'y']],
  ['$12$@$?x', 'x'],
  ['$ $. ', '$ $. ', ['$', '$.']],
  ['\\', '', []],
  ['${EMPTY:-${UNSET-$N}}', '1'],
  ['${A#*.}${A##*.}${A%.*}${A%%.*}', 'b.cca.ba'],
  ['${LONG/b*/x}${LONG//a/-}', 'aaax---bbb---'],
  ['${KOREAN#?}', '국어'],
]
for (const [word, text, words = [text]] of own) {
  test(`word ${word}`, () => {
    assert.equal(expandWord(word, options), text)
    assert.deepEqual(expandWords(word, options), words)
  })
}

const refused: readonly (readonly [word: string, message: string])[] = [
  ["'a", 'unexpected end of statement while looking for matching single-quote'],
  ['"a', 'unexpected end of statement while looking for matching double-quote'],
  ['${', "syntax error: missing '}'"],
  ['${}', 'syntax error: bad substitution'],
  ['${A:-x', "syntax error: missing '}'"],
  ['${A:x}', 'unsupported modifier (:x) in substitution'],
  ['${U:?}', 'U: is not allowed to be unset'],
  ['${EMPTY:?}', 'EMPTY: is not allowed to be empty'],
  ['${A/x}', "syntax error: missing '/' in ${}"],
]
for (const [word, message] of refused) {
  test(`word ${word} is refused`, () => {
    assert.throws(() => expandWord(word, options), { message: `failed to process ${JSON.stringify(word)}: ${message}` })
  })
}

interface Vector {
  readonly Word: string
  readonly Out: string
  readonly Words: readonly string[] | null
  readonly Err: string
}

const oracle = new URL('../../../shared/oracles/', import.meta.url)
const read = (name: string) => (existsSync(oracle) ? readFileSync(new URL(name, oracle), 'utf8') : '')
for (const vector of JSON.parse(read('shell-word-vectors.json') || '[]') as Vector[]) {
  test(`vector ${vector.Word}`, () => {
    if (vector.Err !== '') {
      assert.throws(() => expandWord(vector.Word, options), { message: vector.Err })
      return
    }
    assert.equal(expandWord(vector.Word, options), vector.Out)
    assert.deepEqual(expandWords(vector.Word, options), vector.Words ?? [])
  })
}

for (const line of read('shell-words/envVarTest').split('\n')) {
  const [, platforms = '', word = '', result = ''] = /^([AUW])\|([^|]*)\|(.*)$/.exec(line) ?? []
  if (platforms === '' || platforms === 'W') continue
  test(`table of variables: ${word.trim()}`, () => {
    const known = new Map(['PWD', 'SHELL', 'KOREAN', 'NULL'].map(name => [name, variables.get(name)!]))
    const expand = () => expandWord(word.trim(), { escape: '\\', variables: known })
    if (result.trim() === 'error') assert.throws(expand, error => isStrataError(error, 'invalid_argument'))
    else assert.equal(expand(), result.trim())
  })
}

const environment = new Map<string, string>()
for (const [number, line] of read('shell-words/wordsTest').split('\n').entries()) {
  if (line === '' || line.startsWith('#')) continue
  const [, name, value = ''] = /^ENV ([^=]+)=(.*)$/.exec(line) ?? []
  if (name !== undefined) {
    environment.set(name, value)
    continue
  }
  const cut = line.indexOf('|')
  const word = line.slice(0, cut).trim()
  const expected = line.slice(cut + 1).replace(/^ /, '')
  const known = new Map(environment)
  test(`table of words, line ${number + 1}: ${word}`, () => {
    const expand = () => expandWords(word, { escape: '\\', variables: known })
    if (expected.trim() === 'error') assert.throws(expand, error => isStrataError(error, 'invalid_argument'))
    else assert.deepEqual(expand(), expected.split(','))
  })
}

test('what is quoted comes back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), text => {
      const single = text.replaceAll("'", '')
      assert.equal(expandWord(`'${single}'`, options), single)
      const double = text.replace(/["\\$]/g, '\\$&')
      assert.equal(expandWord(`"${double}"`, options), text)
      assert.deepEqual(expandWords(`"${double}"`, options), text === '' ? [] : [text])
    }),
  )
})

test('whatever the word, it expands or is refused', () => {
  const piece = fc.constantFrom(
    '$',
    '{',
    '}',
    ':',
    '-',
    '+',
    '?',
    '#',
    '%',
    '/',
    '*',
    '\\',
    '"',
    "'",
    ' ',
    'A',
    'X',
    '1',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), pieces => {
      try {
        expandWords(pieces.join(''), options)
      } catch (error) {
        if (!isStrataError(error, 'invalid_argument')) throw error
      }
    }),
    { numRuns: 3000 },
  )
})
