import { StrataError } from '../std/index.ts'
import { never } from './container.ts'
import { type EngineContext, publishContainer } from './context.ts'
import { makeInitFiles } from './init-files.ts'

/** A tar of a container's file system, running or not. Throws at once when there is nothing to export. */
export async function exportContainer(
  context: EngineContext,
  id: string,
  options: { readonly signal: AbortSignal },
): Promise<AsyncIterable<Uint8Array>> {
  const container = context.containers.find(id)
  const { status, startedAt } = container.record.state
  if (status === 'dead' || status === 'removing') {
    const what = status === 'dead' ? 'Dead' : 'being removed'
    throw new StrataError('conflict', `You cannot export container ${container.id} which is ${what}`)
  }
  const signal = AbortSignal.any([options.signal, context.closing.signal])
  async function* archive(): AsyncGenerator<Uint8Array> {
    const { path } = await context.layers.mount(container.id)
    try {
      if (startedAt === never) await makeInitFiles(path)
      yield* context.layers.export(container.id, { signal })
      publishContainer(context, container, 'export')
    } finally {
      await context.layers.unmount(container.id)
    }
  }
  return archive()
}
