import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isMountPoint, MountFlag, mount, unmount } from '../host/index.ts'
import { StrataError } from '../std/index.ts'
import type { ContainerRecord } from './container.ts'
import type { EngineContext } from './context.ts'
import { folderOf } from './network-setup.ts'

const defaultSize = 64 * 2 ** 20

function ownFolder(context: EngineContext, id: string): string {
  return join(folderOf(context, id), 'shm')
}

/**
 * The folder that a container has as /dev/shm because others see the same: its own when its IPC is shareable, that of the
 * container that it joins. Undefined for one that has an IPC namespace to itself, or the host's. Throws Docker's refusal when
 * the other one's can't be joined.
 */
export function sharedMemoryOf(
  context: EngineContext,
  { id, hostConfig: { IpcMode: mode } }: ContainerRecord,
): string | undefined {
  if (mode === 'shareable') return ownFolder(context, id)
  if (!mode.startsWith('container:')) return undefined
  const { record, running } = context.containers.find(mode.slice('container:'.length))
  const folder = running ? sharedMemoryOf(context, record) : undefined
  if (folder !== undefined || record.hostConfig.IpcMode === 'host') return folder
  const why = `container ${record.id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`
  throw new StrataError('invalid_argument', `failed to join IPC namespace: ${why}`)
}

/** Mounts what others may join, until {@link unmountSharedMemory}. */
export async function mountSharedMemory(context: EngineContext, { id, hostConfig }: ContainerRecord): Promise<void> {
  if (hostConfig.IpcMode !== 'shareable') return
  const folder = ownFolder(context, id)
  await mkdir(folder, { recursive: true })
  if (await isMountPoint(folder)) return
  const data = `mode=1777,size=${hostConfig.ShmSize || defaultSize}`
  mount(folder, { source: 'shm', type: 'tmpfs', flags: MountFlag.noSuid | MountFlag.noDev | MountFlag.noExec, data })
}

/** Idempotent, also for a container that shares nothing. */
export async function unmountSharedMemory(context: EngineContext, { id, hostConfig }: ContainerRecord): Promise<void> {
  if (hostConfig.IpcMode === 'shareable') await unmount(ownFolder(context, id))
}
