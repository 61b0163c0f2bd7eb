import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf, StrataError } from '../std/index.ts'
import { attempt, run } from './commands.ts'
import type { Sandboxes } from './network.ts'

/** Network namespaces that stay while nobody is in them: bind mounts at `<root>/<id>`. */
export function createSandboxes(options: { readonly root: string }): Sandboxes {
  const pathOf = (id: string) => {
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(id)) {
      throw new StrataError('invalid_argument', `invalid sandbox id: ${JSON.stringify(id)}`)
    }
    return join(options.root, id)
  }
  return {
    async create(id) {
      const path = pathOf(id)
      await mkdir(options.root, { recursive: true, mode: 0o700 })
      await makeFile(path, id)
      try {
        await run(['unshare', `--net=${path}`, 'ip', 'link', 'set', 'lo', 'up'])
      } catch (error) {
        await remove(path)
        throw error
      }
      return path
    },
    remove: async id => remove(pathOf(id)),
    async list() {
      try {
        return (await readdir(options.root)).sort()
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return []
        throw error
      }
    },
  }
}

async function makeFile(path: string, id: string): Promise<void> {
  try {
    await (await open(path, 'wx', 0o444)).close()
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    throw new StrataError('already_exists', `network sandbox ${id} exists already`, { cause: error })
  }
}

async function remove(path: string): Promise<void> {
  // Fails when it isn't mounted (any more), which is as well.
  await attempt(['umount', '--lazy', path])
  await rm(path, { force: true })
}
