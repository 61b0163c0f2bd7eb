import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readForwardChain } from './forward-rules.ts'

test("our rules are told from everybody else's", () => {
  const text = `-P FORWARD DROP
-A FORWARD -j DOCKER-USER
-A FORWARD -i strata0 -m comment --comment strata_a -j ACCEPT
-A FORWARD -i strata1 -m comment --comment strata_b -j ACCEPT
-A FORWARD -i eth9 -m comment --comment "what strata_a does" -j ACCEPT
`
  assert.deepEqual(readForwardChain(text, 'strata_a'), {
    policy: 'DROP',
    mine: [['-i', 'strata0', '-m', 'comment', '--comment', 'strata_a', '-j', 'ACCEPT']],
    foreign: [text.split('\n')[1], text.split('\n')[3], text.split('\n')[4]],
  })
})
