import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { busyboxImage } from '../e2e/fixtures/images.ts'
import { layeredImage } from '../e2e/fixtures/layered.ts'
import { pushImage } from '../e2e/fixtures/push.ts'
import { type Registry, startRegistry } from '../e2e/fixtures/registry.ts'
import { debianStack } from './fixtures/debian-stack.ts'

/** What all peers share: a registry on the loopback with the images that the rows use. */
export interface Setting extends AsyncDisposable {
  /** Two layers: busybox and a few files. */
  readonly smallImage: string
  /** Seven layers: Debian and a lot of packages, 1.7 GB. Only there when a row asks for it. */
  readonly largeImage: string
  /** Busybox and 118 layers of a small file each: nearly as many as dockerd takes. Only there when a row asks for it. */
  readonly deepImage: string
  /** A folder that ends with the setting. */
  readonly root: string
}

interface Wanted {
  readonly large: boolean
  readonly deep: boolean
}

export async function makeSetting({ large, deep }: Wanted): Promise<Setting> {
  const root = await mkdtemp(join(tmpdir(), 'strata-bench-'))
  let registry: Registry | undefined
  const end = async () => {
    await registry?.stop()
    await rm(root, { recursive: true, force: true })
  }
  try {
    registry = await startRegistry({ root: join(root, 'registry') })
    await pushImage(registry, 'small:latest', await busyboxImage({ into: join(root, 'layers') }))
    if (large) await pushImage(registry, 'large:latest', await debianStack())
    if (deep) {
      const names = Array.from({ length: 118 }, (_, number) => `file-${number}`)
      await pushImage(registry, 'deep:latest', await layeredImage(join(root, 'deep'), names))
    }
  } catch (error) {
    await end()
    throw error
  }
  const { host } = registry
  return {
    smallImage: `${host}/small:latest`,
    largeImage: `${host}/large:latest`,
    deepImage: `${host}/deep:latest`,
    root,
    [Symbol.asyncDispose]: end,
  }
}
