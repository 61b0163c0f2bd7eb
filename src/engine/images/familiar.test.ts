import assert from 'node:assert/strict'
import { test } from 'node:test'
import { familiarString, formatReference, parseReference } from '../../reference/index.ts'
import { familiar } from './familiar.ts'

test('normalised names are shown as their references are', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const texts = [
    'debian:1',
    'me/app:1',
    'library/a/b:1',
    'localhost/x:1',
    'host:5000/library/x:1',
    `x@${digest}`,
    `r.io/x@${digest}`,
  ]
  const references = texts.map(parseReference)
  assert.deepEqual(familiar(references.map(formatReference)), references.map(familiarString))
})
