import { readCgroups, removeEmptyCgroup } from '../host/index.ts'
import { messageOf } from '../std/index.ts'
import type { EngineContext } from './context.ts'
import { stopContainer } from './stop.ts'

/**
 * Unless containers are to outlive the engine: stops what runs, without forgetting that restart policies want it again, and
 * takes the bridge, its rules and the cgroup parent off the machine.
 */
export async function shutDown(context: EngineContext): Promise<void> {
  if (!context.config.liveRestore) {
    const running = context.containers.all().filter(container => container.running)
    await Promise.all(
      running.map(async container => {
        const { manuallyStopped } = container.record
        try {
          const timeout = container.record.config.StopTimeout ?? context.config.shutdownTimeout
          await stopContainer(context, container.id, { timeout })
          if (context.containers.named(container.record.name) === container) container.update({ manuallyStopped })
        } catch (error) {
          context.log.warn({ container: container.id, reason: messageOf(error) }, 'stopping a container at shutdown')
        }
      }),
    )
  }
  context.closing.abort(new Error('the engine is closing'))
  await context.collector.close()
  if (context.config.liveRestore) return
  await context.bridge.destroy()
  await removeEmptyCgroup(await readCgroups(), context.config.cgroupParent)
}
