import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StateRecord } from './container.ts'
import { humanDuration, statusOf, statusText } from './status-text.ts'

const state: StateRecord = {
  status: 'exited',
  paused: false,
  restarting: false,
  oomKilled: false,
  pid: 0,
  exitCode: 3,
  error: '',
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T00:00:00Z',
}
const at = new Date('2026-01-01T02:00:00Z')

test('states in the words of docker ps', () => {
  assert.equal(statusText(state, at), 'Exited (3) 2 hours ago')
  assert.equal(statusText({ ...state, status: 'running', paused: true }, at), 'Up 2 hours (Paused)')
  assert.equal(statusText({ ...state, restarting: true }, at), 'Restarting (3) 2 hours ago')
  assert.equal(statusOf({ ...state, restarting: true }), 'restarting')
  assert.equal(statusOf({ ...state, status: 'running', paused: true }), 'paused')
})

test('durations as Docker rounds them', () => {
  const cases: [number, string][] = [
    [0.5, 'Less than a second'],
    [1, '1 second'],
    [59, '59 seconds'],
    [60, 'About a minute'],
    [120, '2 minutes'],
    [3600, 'About an hour'],
    [47 * 3600, '47 hours'],
    [48 * 3600, '2 days'],
    [15 * 86400, '2 weeks'],
    [90 * 86400, '3 months'],
    [800 * 86400, '2 years'],
  ]
  for (const [seconds, text] of cases) assert.equal(humanDuration(seconds * 1000), text)
})
