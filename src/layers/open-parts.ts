import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileSystemOf } from '../host/index.ts'
import { type Logger, silentLogger } from '../std/index.ts'
import { bootID } from './store/boot-id.ts'
import { type LayerForm, LayerStore } from './store/layer-store.ts'
import { type Paths, pathsOf } from './store/paths.ts'
import { openSyncer, type Syncer } from './store/syncer.ts'
import { openTrash, type Trash } from './store/trash.ts'
import { WritableStore } from './store/writable-store.ts'

export interface DriverOptions {
  /** Absolute path of the folder that holds a folder for each driver. */
  readonly root: string
  readonly log?: Logger
  /** How long after the latest ingest the background sync begins, in milliseconds. */
  readonly syncPause?: number
  /** How long a layer that nobody uses stays mounted, in milliseconds (`erofs` only). */
  readonly linger?: number
  /** Names this run of the machine; for tests of what happens after it went down. */
  readonly boot?: string
}

/** What every driver stands on. */
export interface DriverParts {
  readonly name: string
  readonly status: readonly (readonly [string, string])[]
  readonly paths: Paths
  readonly trash: Trash
  readonly syncer: Syncer
  readonly layers: LayerStore
  readonly writables: WritableStore
}

/** Makes a driver's folders where they are missing, and opens its stores. */
export async function openParts(name: string, options: DriverOptions, form: LayerForm): Promise<DriverParts> {
  const { log = silentLogger, syncPause = 1_000, boot = bootID() } = options
  const paths = pathsOf(join(options.root, name))
  for (const folder of [paths.root, paths.layers, paths.writables, paths.tmp, paths.trash]) {
    await mkdir(folder, { recursive: true, mode: 0o710 })
  }
  await mkdir(join(paths.root, 'empty'), { recursive: true, mode: 0o755 })
  await mkdir(join(paths.root, 'l'), { recursive: true, mode: 0o710 })
  const trash = openTrash(paths.trash, log)
  const syncer = openSyncer(syncPause, log)
  const writables = new WritableStore({ paths, trash, syncer })
  await writables.chains()
  return {
    name,
    status: [['Backing Filesystem', backingName(await fileSystemOf(paths.root))]],
    paths,
    trash,
    syncer,
    layers: new LayerStore({ paths, trash, syncer, boot, log, ...form }),
    writables,
  }
}

/** A file system's name as `docker info` has it. */
function backingName(type: string): string {
  return type === 'ext2' || type === 'ext3' || type === 'ext4' ? 'extfs' : type
}
