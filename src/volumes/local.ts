import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { MetadataStore } from '../metadata/index.ts'
import { StrataError } from '../std/index.ts'
import { dataName, fillVolume } from './fill-volume.ts'
import { folderSize } from './folder-size.ts'
import { checkLocalOptions } from './local-options.ts'
import { anonymousLabel, type Volume, type VolumeStore } from './volumes.ts'

const validName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/

interface VolumeRecord {
  readonly createdAt: string
  readonly labels: Readonly<Record<string, string>> | null
  readonly options: Readonly<Record<string, string>> | null
  readonly unclaimed?: boolean
}

/** Volumes as folders under `root`. */
export function createVolumeStore(options: { readonly root: string; readonly metadata: MetadataStore }): VolumeStore {
  const records = options.metadata.table<VolumeRecord>('volumes')
  const pathOf = (name: string) => join(options.root, name, dataName)
  const toVolume = (name: string, { createdAt, labels, options }: VolumeRecord): Volume => ({
    name,
    path: pathOf(name),
    createdAt,
    labels,
    options,
  })

  return {
    async ensure(name, { anonymous = false, labels = null, options: wishes = null } = {}) {
      if (name.length < 2) {
        throw new StrataError(
          'invalid_argument',
          `create ${name}: volume name is too short, names should be at least two alphanumeric characters`,
        )
      }
      if (!validName.test(name)) {
        throw new StrataError(
          'invalid_argument',
          `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
        )
      }
      const known = records.get(name)
      if (!known && wishes) checkLocalOptions(name, wishes)
      const record = known ?? {
        createdAt: new Date().toISOString(),
        labels: anonymous ? { ...labels, [anonymousLabel]: '' } : labels,
        options: wishes,
        ...(anonymous && { unclaimed: true }),
      }
      // First: a folder without a record would stay for ever.
      if (!known) records.put(name, record)
      await mkdir(pathOf(name), { recursive: true, mode: 0o755 })
      return toVolume(name, record)
    },
    populate: (name, from) => fillVolume(join(options.root, name), from),
    get(name) {
      const record = records.get(name)
      return record && toVolume(name, record)
    },
    list() {
      return [...records.entries()].map(([name, record]) => toVolume(name, record))
    },
    size: name => folderSize(pathOf(name)),
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
