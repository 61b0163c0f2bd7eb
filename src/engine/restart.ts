import { parseSignal } from '../host/index.ts'
import { type EngineContext, findSettled, publishContainer } from './context.ts'
import { startContainer } from './start.ts'
import { type StopOptions, stopRunning } from './stop.ts'

/** Stops a container if it runs, and starts it. */
export async function restartContainer(context: EngineContext, id: string, options: StopOptions): Promise<void> {
  const container = await findSettled(context, id)
  if (options.signal) parseSignal(options.signal)
  if (container.running || container.record.state.restarting) {
    await stopRunning(context, container, options)
    publishContainer(context, container, 'stop')
  }
  await startContainer(context, container.id)
  publishContainer(context, container, 'restart')
}
