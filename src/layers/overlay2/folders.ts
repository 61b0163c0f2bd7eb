import { rm } from 'node:fs/promises'
import type { DiffID } from '../../oci/index.ts'
import { StrataError } from '../../std/index.ts'
import type { Lowers } from '../stacked/lowers.ts'
import { shortLinkOf } from '../stacked/mount-overlay.ts'
import type { LayerStore } from '../store/layer-store.ts'
import type { Paths } from '../store/paths.ts'

/** Layers that are unpacked: always there, only counted. */
export function layerFolders(paths: Paths, layers: LayerStore): Lowers {
  const users = new Map<DiffID, number>()
  const path = (diffID: DiffID) => paths.layer(diffID, 'diff')
  return {
    async acquire(chain) {
      for (const diffID of chain) await layers.info(diffID)
      for (const diffID of chain) users.set(diffID, (users.get(diffID) ?? 0) + 1)
      return chain.map(path)
    },
    async release(chain) {
      for (const diffID of chain) {
        const left = (users.get(diffID) ?? 0) - 1
        if (left < 0) throw new StrataError('internal', `layer ${diffID} was released more often than acquired`)
        if (left === 0) users.delete(diffID)
        else users.set(diffID, left)
      }
    },
    path,
    inUse: diffID => users.has(diffID),
    clear: diffID => rm(shortLinkOf(paths.root, path(diffID)), { force: true }),
    recover: async () => [],
    close: async () => {},
  }
}
