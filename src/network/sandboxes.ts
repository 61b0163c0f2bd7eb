import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createNetns, removeNetns } from '../host/index.ts'
import { errnoOf, StrataError } from '../std/index.ts'
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
      try {
        await createNetns(path)
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error
        throw new StrataError('already_exists', `network sandbox ${id} exists already`, { cause: error })
      }
      return path
    },
    remove: async id => removeNetns(pathOf(id)),
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
