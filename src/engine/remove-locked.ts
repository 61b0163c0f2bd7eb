import { rm } from 'node:fs/promises'
import { StrataError } from '../std/index.ts'
import type { Container } from './container.ts'
import { type EngineContext, publishContainer } from './context.ts'
import { folderOf } from './network-setup.ts'
import { unmountSharedMemory } from './shared-memory.ts'
import { dropVolume } from './volume-use.ts'

/** Removes a container that does not run and whose lock the caller holds; goes on with a removal that was cut off. Idempotent. */
export async function removeLocked(
  context: EngineContext,
  container: Container,
  options: { readonly volumes: boolean },
): Promise<void> {
  // `--rm` and a user's removal may come at once: the second finds nothing to do.
  if (context.containers.named(container.record.name) !== container) return
  if (container.running) {
    throw new StrataError(
      'conflict',
      `cannot remove container "${container.record.name}": container is running: stop the container before removing or force remove`,
    )
  }
  container.updateState({ status: 'removing' })
  await container.connectAttached(undefined)
  await unmountSharedMemory(context, container.record)
  await Promise.all([
    context.layers.removeWritable(container.id),
    rm(folderOf(context, container.id), { recursive: true, force: true }),
  ])
  if (options.volumes) {
    for (const mount of container.record.mounts) {
      if (mount.anonymous && mount.name !== undefined && !usedElsewhere(context, container, mount.name)) {
        await dropVolume(context, mount.name)
      }
    }
  }
  for (const [id, exec] of context.execs) {
    if (exec.container === container) context.execs.delete(id)
  }
  context.containers.remove(container)
  publishContainer(context, container, 'destroy')
  container.announce('removal')
}

function usedElsewhere(context: EngineContext, container: Container, volume: string): boolean {
  return context.containers
    .all()
    .some(other => other !== container && other.record.mounts.some(mount => mount.name === volume))
}
