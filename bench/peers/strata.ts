import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEngine } from '../../e2e/fixtures/engine.ts'
import { succeed } from '../../e2e/fixtures/processes.ts'
import type { Peer } from '../row.ts'
import { enginePeer } from './engine-peer.ts'

const checkout = join(import.meta.dirname, '../..')

/** The engine of this checkout, compiled as in the npm package, and the docker CLI. */
export async function strata(): Promise<Peer> {
  const folder = await mkdtemp(join(tmpdir(), 'strata-package-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    await compileTo(folder)
    const engine = await startEngine({ logLevel: 'info', launcher: join(folder, 'bin/strata') })
    const peer = await enginePeer('strata', engine)
    return {
      ...peer,
      async [Symbol.asyncDispose]() {
        await peer[Symbol.asyncDispose]()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

async function compileTo(folder: string): Promise<void> {
  const config = join(checkout, 'tsconfig.build.json')
  await succeed([join(checkout, 'node_modules/.bin/tsc'), '--project', config, '--outDir', join(folder, 'dist')])
  for (const name of ['bin', 'native', 'package.json']) {
    await cp(join(checkout, name), join(folder, name), { recursive: true, preserveTimestamps: true })
  }
  await symlink(join(checkout, 'node_modules'), join(folder, 'node_modules'))
}
