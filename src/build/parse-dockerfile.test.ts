import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { isStrataError } from '../std/index.ts'
import { parseDockerfile } from './parse-dockerfile.ts'
import { dump } from './testdata/dump.ts'

const own = new URL('testdata/dockerfiles/', import.meta.url)
for (const name of readdirSync(own)) {
  test(`golden case ${name}`, () => {
    const text = readFileSync(new URL(`${name}/Dockerfile`, own), 'utf8')
    assert.equal(dump(parseDockerfile(text)), readFileSync(new URL(`${name}/result`, own), 'utf8'))
  })
}

const oracle = new URL('../../../shared/oracles/dockerfile-parser/', import.meta.url)
const cases = (folder: string) => (existsSync(oracle) ? readdirSync(new URL(folder, oracle)) : [])
for (const name of cases('testfiles')) {
  test(`BuildKit's tree of ${name}`, () => {
    const text = readFileSync(new URL(`testfiles/${name}/Dockerfile`, oracle), 'utf8')
    const expected = readFileSync(new URL(`testfiles/${name}/result`, oracle), 'utf8')
    assert.equal(dump(parseDockerfile(text)).trim(), expected.trim())
  })
}
for (const name of cases('testfiles-negative')) {
  test(`${name} is refused`, () => {
    const text = readFileSync(new URL(`testfiles-negative/${name}/Dockerfile`, oracle), 'utf8')
    assert.throws(
      () => parseDockerfile(text),
      error => isStrataError(error, 'invalid_argument'),
    )
  })
}

test('directives at the top, and nowhere else', () => {
  const { directives } = parseDockerfile('# Syntax = docker/dockerfile:1\n# CHECK=skip=all\n#escape=`\nRUN a `\n b')
  assert.deepEqual(directives, { escape: '`', syntax: 'docker/dockerfile:1', check: 'skip=all' })
  for (const before of ['# a comment\n', '# unknown=x\n', '\n', 'FROM x\n']) {
    assert.deepEqual(parseDockerfile(`${before}# escape=\`\nFROM y`).directives, { escape: '\\' })
  }
})

test('here-documents are taken in', () => {
  const text = ['RUN <<A cat <<-"B C" && 3<<D', 'a $x', 'A', '\tb', '\tB C', 'd', 'D', 'CMD x <<NOT'].join('\n')
  const [run, cmd] = parseDockerfile(text).statements
  assert.deepEqual(run?.heredocs, [
    { name: 'A', expands: true, chomps: false, content: 'a $x\n' },
    { name: 'B C', expands: false, chomps: true, content: '\tb\n' },
    { name: 'D', expands: true, chomps: false, content: 'd\n' },
  ])
  assert.deepEqual([run?.firstLine, run?.lastLine, cmd?.firstLine], [1, 7, 8])
  assert.deepEqual(cmd?.heredocs, [])
  assert.throws(() => parseDockerfile('RUN <<A\nnever ends'), /unterminated heredoc/)
  assert.equal(parseDockerfile('ONBUILD COPY <<A /x\nin\nA\nCMD y').statements.length, 2)
})

test('whatever the text, it parses or is refused', () => {
  const piece = fc.constantFrom(
    '#',
    'escape=`',
    '\\',
    '`',
    '\n',
    '\r\n',
    ' ',
    '\t',
    '"',
    "'",
    '[',
    ']',
    '=',
    '<<',
    '-',
    'E',
    'RUN',
    'ENV',
    'COPY',
    'HEALTHCHECK',
    'ONBUILD',
    '--a=b',
    '$',
    '{',
    '}',
    '\u00e9',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), pieces => {
      try {
        parseDockerfile(pieces.join(''))
      } catch (error) {
        if (!isStrataError(error, 'invalid_argument')) throw error
      }
    }),
    { numRuns: 2000 },
  )
})

test('words of a statement come back, however the line is broken', () => {
  const word = fc.stringMatching(/^[a-z0-9./_]{1,8}$/)
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 6 }),
      fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      (words, breaks) => {
        const text = words.map((each, at) => `${breaks[at] ? '\\\n\n  # between\n ' : ' '}${each}`).join('')
        const [statement] = parseDockerfile(`EXPOSE ${text}`).statements
        assert.deepEqual(statement?.operands, { form: 'words', words })
      },
    ),
  )
})
