import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openMetadata } from '../metadata/index.ts'
import type { ContainerRecord } from './container.ts'
import { ContainerRegistry } from './container-registry.ts'

test('who changes a container that was removed meanwhile does not bring it back', t => {
  const folder = mkdtempSync(join(tmpdir(), 'strata-containers-'))
  t.after(() => rmSync(folder, { recursive: true }))
  using metadata = openMetadata(join(folder, 'metadata.db'))
  const registry = new ContainerRegistry(metadata)
  const record = { id: 'a'.repeat(64), name: 'web', created: '', manuallyStopped: true } as ContainerRecord
  const container = registry.add(record)
  container.update({ manuallyStopped: false })
  assert.equal(new ContainerRegistry(metadata).find('web').record.manuallyStopped, false)
  registry.remove(container)
  container.update({ manuallyStopped: true })
  assert.throws(() => registry.rename(container, 'other'), { code: 'not_found' })
  assert.deepEqual(registry.all(), [])
  assert.deepEqual(new ContainerRegistry(metadata).all(), [])
})
