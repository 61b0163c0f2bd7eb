import assert from 'node:assert/strict'
import { test } from 'node:test'
import { globTest, isGlob } from './glob.ts'

test('patterns match as path.Match does', () => {
  const cases: [string, string, boolean][] = [
    ['busybox', 'busybox', true],
    ['busybox', 'busybox:1', false],
    ['busy*:*', 'busybox:latest', true],
    ['*', 'a/b', false],
    ['*/*', 'a/b', true],
    ['b?x', 'box', true],
    ['b?x', 'b/x', false],
    ['[a-c]x', 'bx', true],
    ['[^a-c]x', 'bx', false],
    ['\\*', '*', true],
    ['[', '[', false],
    ['*a*a*a*b', 'a'.repeat(200), false],
    ['', '', true],
    ['**', 'abc', true],
  ]
  for (const [pattern, text, expected] of cases) assert.equal(globTest(pattern)(text), expected, `${pattern} ${text}`)
})

test('malformed patterns are known', () => {
  for (const good of ['', 'a*', '[a-c]', '[^a]', '[]a]'.slice(1), '\\*', '[\\]]', '[abc]x'])
    assert.equal(isGlob(good), true, good)
  for (const bad of ['[', '[]', '[a', '[^]', '[a-', '[a-]', '[-a]', '\\', 'x[']) assert.equal(isGlob(bad), false, bad)
})
