import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { detach, mountsUnder } from '../../host/index.ts'
import { type DiffID, hexOf } from '../../oci/index.ts'
import { type Bytes, bytesOf } from '../../std/index.ts'
import type { LayerDriver, LayerInfo } from '../layers.ts'
import type { DriverOptions } from '../open-parts.ts'

export type MakeDriver = (options: DriverOptions) => Promise<LayerDriver>

export const never: AbortSignal = new AbortController().signal

/** A data root that goes away with the test, whatever is mounted in it. */
export async function makeRootFolder(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'strata-layers-'))
  t.after(async () => {
    for (const { mountPoint } of await mountsUnder(root)) detach(mountPoint)
    await rm(root, { recursive: true, force: true, maxRetries: 5 })
  })
  return root
}

/** A driver on a data root of its own. */
export async function setUp(
  t: TestContext,
  make: MakeDriver,
  options: Partial<DriverOptions> = {},
): Promise<{ driver: LayerDriver; root: string }> {
  const root = options.root ?? (await makeRootFolder(t))
  const driver = await make({ linger: 0, ...options, root })
  t.after(() => driver[Symbol.asyncDispose]())
  return { driver, root }
}

/** Ingests a whole tar. */
export function put(driver: LayerDriver, tar: Uint8Array | Bytes): Promise<LayerInfo> {
  return driver.ingest(tar instanceof Uint8Array ? pieces(tar) : tar, { signal: never })
}

/** A tar in chunks of an odd size, so that headers straddle them. */
async function* pieces(tar: Uint8Array): Bytes {
  const size = 100_001
  for (let at = 0; at < tar.byteLength; at += size) yield new Uint8Array(tar.subarray(at, at + size))
}

/** Ingests tars as a chain, and mounts a writable on it. */
export async function mountChain(driver: LayerDriver, ...tars: Uint8Array[]): Promise<string> {
  const chain: DiffID[] = []
  for (const tar of tars) chain.push((await put(driver, tar)).diffID)
  await driver.createWritable('rootfs', chain)
  return (await driver.mount('rootfs')).path
}

/** A stream of the parts; copies, since who takes a chunk may keep it. */
export function chunks(...parts: Uint8Array[]): Bytes {
  return bytesOf(...parts.map(part => new Uint8Array(part)))
}

/** All that an iteration gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

export function layerFolder(driver: LayerDriver, root: string, diffID: DiffID): string {
  return join(root, driver.name, 'layers', hexOf(diffID))
}

/** Names of layers and of unfinished things that are on the disk. */
export async function leftovers(driver: LayerDriver, root: string): Promise<string[]> {
  const folders = ['layers', 'tmp', 'writables']
  return (await Promise.all(folders.map(name => readdir(join(root, driver.name, name))))).flat()
}
