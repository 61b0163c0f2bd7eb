import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asDiffID, digestOf } from '../../oci/index.ts'
import { LayerTree } from './layer-tree.ts'

const layer = (name: string, size: number) => ({ diffID: asDiffID(digestOf(name)), size })
const [base, a, b, c] = [layer('base', 1000), layer('a', 100), layer('b', 10), layer('c', 1)]

test('a layer counts once for each thing that it stands on', () => {
  assert.equal(new LayerTree([[base, a], [base, b], [a]]).size, 1210)
})

test('what chains share is what others have of it too, not what they have among themselves', () => {
  const tree = new LayerTree([
    [base, a],
    [base, a, c],
    [base, b],
  ])
  assert.equal(tree.sharedBy([[base, a]]), 1100)
  assert.equal(
    tree.sharedBy([
      [base, a],
      [base, a, c],
    ]),
    1000,
  )
  assert.equal(
    tree.sharedBy([
      [base, a],
      [base, a, c],
      [base, b],
    ]),
    0,
  )
})

test('a chain that is taken out: what others still have of it', () => {
  const tree = new LayerTree([
    [base, a],
    [base, b],
  ])
  assert.equal(tree.remove([base, a]), 1)
  assert.equal(tree.remove([base, b]), 0)
})
