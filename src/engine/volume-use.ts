import type { NewVolume, Volume } from '../volumes/index.ts'
import type { Container } from './container.ts'
import { type EngineContext, publish } from './context.ts'

/** The volume of this name, made, and told of, when there is none. */
export function ensureVolume(context: EngineContext, name: string, options: NewVolume): Promise<Volume> {
  const known = context.volumes.get(name) !== undefined
  const made = context.volumes.ensure(name, options)
  if (!known && context.volumes.get(name)) publish(context, 'volume', 'create', name, { driver: 'local' })
  return made
}

/** Removes a volume that no container has, and tells of it. */
export async function dropVolume(context: EngineContext, name: string): Promise<void> {
  await context.volumes.remove(name)
  publish(context, 'volume', 'destroy', name, { driver: 'local' })
}

/** Containers that have the volume, running or not, newest first. */
export function usersOf(context: EngineContext, volume: string): Container[] {
  return context.containers.all().filter(({ record }) => record.mounts.some(mount => mount.name === volume))
}

/** Tells that a container takes its volumes into use. One that was removed before the container was recorded is made again. */
export async function joinVolumes(context: EngineContext, container: Container): Promise<void> {
  for (const mount of volumesOf(container)) {
    await ensureVolume(context, mount.name, {})
    publish(context, 'volume', 'mount', mount.name, {
      container: container.id,
      destination: mount.destination,
      driver: 'local',
      propagation: mount.propagation,
      'read/write': String(mount.writable),
    })
  }
}

/** Tells that a container has ended its use of its volumes. */
export function leaveVolumes(context: EngineContext, container: Container): void {
  for (const { name } of volumesOf(container)) {
    publish(context, 'volume', 'unmount', name, { container: container.id, driver: 'local' })
  }
}

function volumesOf(container: Container) {
  return container.record.mounts.flatMap(mount =>
    mount.type === 'volume' && mount.name !== undefined ? [{ ...mount, name: mount.name }] : [],
  )
}
