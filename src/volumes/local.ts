import { chmod, chown, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../host/index.ts'
import type { MetadataStore } from '../metadata/index.ts'
import { errnoOf, StrataError } from '../std/index.ts'
import type { Volume, VolumeStore } from './volumes.ts'

const validName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/

interface VolumeRecord {
  readonly createdAt: string
  readonly anonymous: boolean
  readonly unclaimed?: boolean
}

/** Volumes as folders under `root`. */
export function createVolumeStore(options: { readonly root: string; readonly metadata: MetadataStore }): VolumeStore {
  const records = options.metadata.table<VolumeRecord>('volumes')
  const pathOf = (name: string) => join(options.root, name, '_data')
  const toVolume = (name: string, { createdAt, anonymous }: VolumeRecord): Volume => ({
    name,
    path: pathOf(name),
    createdAt,
    anonymous,
  })

  return {
    async ensure(name, { anonymous = false } = {}) {
      if (!validName.test(name)) {
        throw new StrataError(
          'invalid_argument',
          `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
        )
      }
      const known = records.get(name)
      const record = known ?? { createdAt: new Date().toISOString(), anonymous, ...(anonymous && { unclaimed: true }) }
      // First: a folder without a record would stay for ever.
      if (!known) records.put(name, record)
      await mkdir(pathOf(name), { recursive: true, mode: 0o755 })
      return toVolume(name, record)
    },
    async populate(name, from) {
      const to = pathOf(name)
      let source: Awaited<ReturnType<typeof stat>>
      try {
        source = await stat(from)
      } catch (error) {
        if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return
        throw error
      }
      if (!source.isDirectory() || (await readdir(to)).length > 0) return
      const { code, stderr } = await run('cp', ['-a', '--', `${from}/.`, to])
      if (code !== 0)
        throw new StrataError('internal', `failed to copy into volume ${name}: ${stderr.toString().trim()}`)
      await chown(to, source.uid, source.gid)
      await chmod(to, source.mode & 0o7777)
    },
    get(name) {
      const record = records.get(name)
      return record && toVolume(name, record)
    },
    claim(name) {
      const record = records.get(name)
      if (!record?.unclaimed) return
      const { unclaimed: _, ...claimed } = record
      records.put(name, claimed)
    },
    unclaimed() {
      return [...records.entries()].filter(([, record]) => record.unclaimed).map(([name]) => name)
    },
    async remove(name) {
      if (validName.test(name)) await rm(join(options.root, name), { recursive: true, force: true })
      records.delete(name)
    },
  }
}
