import { describe } from 'node:test'
import { commitCases } from './testsuite/commit-cases.ts'
import { exportCases } from './testsuite/export-cases.ts'
import { ingestCases } from './testsuite/ingest-cases.ts'
import { lifeCases } from './testsuite/life-cases.ts'
import { randomCases } from './testsuite/random-cases.ts'
import { rootfsCases } from './testsuite/rootfs-cases.ts'
import type { MakeDriver } from './testsuite/setup.ts'
import { stackCases } from './testsuite/stack-cases.ts'
import { viewCases } from './testsuite/view-cases.ts'

/** What every storage driver has to pass. Needs root. `makeDriver` opens the driver for a data root. */
export function layerDriverSuite(name: string, makeDriver: MakeDriver): void {
  describe(`${name}: layers in and out`, () => ingestCases(makeDriver))
  describe(`${name}: what a rootfs shows of one layer`, () => rootfsCases(makeDriver))
  describe(`${name}: what a rootfs shows of several layers`, () => stackCases(makeDriver))
  describe(`${name}: writables, restarts and power failures`, () => lifeCases(makeDriver))
  describe(`${name}: what chains show and hide`, () => viewCases(makeDriver))
  describe(`${name}: layers of what was changed`, () => commitCases(makeDriver))
  describe(`${name}: archives of a rootfs`, () => exportCases(makeDriver))
  describe(`${name}: random layers`, () => randomCases(makeDriver))
}
