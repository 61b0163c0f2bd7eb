import type { MetadataStore } from '../metadata/index.ts'
import type { DiffID, Digest } from '../oci/index.ts'
import { parseReference } from '../reference/index.ts'
import { isStrataError, messageOf, throwIfAborted } from '../std/index.ts'
import { problemsOfHeld, sameName } from './check-held.ts'
import { checkImage, PULL_AGAIN } from './check-image.ts'
import type { Finding, Stores } from './gc.ts'
import { Keepers } from './keepers.ts'

export interface CheckOptions extends Stores {
  readonly metadata: MetadataStore
  /** As for `collectGarbage`. */
  readonly extraContent?: Iterable<Digest>
  readonly extraLayers?: Iterable<DiffID>
  readonly signal: AbortSignal
  /** Told about each thing when it has been looked at. */
  readonly checked?: (kind: Finding['kind'], id: string) => void
}

const COLLECT = 'it goes with the next garbage collection: restart the engine, or remove any image'

/**
 * Reads everything again and compares it: the database, each blob and layer with its digest, each image with its
 * manifest, config and layers, each name and writable with what it stands for; and finds what nothing keeps. A sound store
 * yields nothing. Things that come or go while it runs are not reported.
 */
export async function* checkStore(options: CheckOptions): AsyncGenerator<Finding> {
  const { metadata, signal, checked = () => {} } = options
  const context: Context = { ...options, checked, keepers: new Keepers(options) }
  for (const problem of metadata.problems()) {
    const remedy = 'stop the engine and restore the database from a backup'
    yield { severity: 'error', kind: 'metadata', id: 'metadata', what: problem, remedy }
  }
  checked('metadata', 'metadata')
  for (const part of [blobs, layers, images, names, writables]) {
    for await (const finding of part(context)) {
      yield finding
      throwIfAborted(signal)
    }
  }
}

interface Context extends CheckOptions {
  readonly checked: NonNullable<CheckOptions['checked']>
  readonly keepers: Keepers
}

async function* blobs(context: Context): AsyncGenerator<Finding> {
  const { content, signal, checked, keepers } = context
  for await (const { digest } of content.walk()) {
    throwIfAborted(signal)
    const what = await failureOf(() => content.verify(digest))
    if (what !== undefined) yield { severity: 'error', kind: 'blob', id: digest, what, remedy: PULL_AGAIN }
    else if (!(await keepers.keepContent(digest)) && (await content.has(digest))) {
      yield { severity: 'warning', kind: 'blob', id: digest, what: `nothing needs content ${digest}`, remedy: COLLECT }
    }
    checked('blob', digest)
  }
}

async function* layers(context: Context): AsyncGenerator<Finding> {
  const { signal, checked, keepers } = context
  for await (const { diffID } of context.layers.walk()) {
    throwIfAborted(signal)
    const what = await failureOf(() => context.layers.verify(diffID))
    if (what !== undefined) {
      // One that was removed while it was read is not damaged.
      if (await context.layers.has(diffID))
        yield { severity: 'error', kind: 'layer', id: diffID, what, remedy: PULL_AGAIN }
    } else if (!(await keepers.keepLayer(diffID)) && (await context.layers.has(diffID))) {
      yield { severity: 'warning', kind: 'layer', id: diffID, what: `nothing needs layer ${diffID}`, remedy: COLLECT }
    }
    checked('layer', diffID)
  }
}

async function* images(context: Context): AsyncGenerator<Finding> {
  for (const { record } of context.images.list()) {
    throwIfAborted(context.signal)
    const findings: Finding[] = []
    for await (const finding of checkImage(record, context)) findings.push(finding)
    // One that was removed meanwhile has lost its content rightly.
    if (context.images.get(record.id)) yield* findings
    context.checked('image', record.id)
  }
}

async function* names(context: Context): AsyncGenerator<Finding> {
  const { content, images: store, checked } = context
  for (const [name, record] of store.names()) {
    const { image, target } = record
    const gone = `${name} names the image ${image}, which does not exist`
    if (!store.get(image)) yield { severity: 'error', kind: 'name', id: name, what: gone, remedy: PULL_AGAIN }
    else if (target && !(await content.has(target.digest)) && store.get(image)) {
      const what = `${name} points to content ${target.digest}, which is missing`
      yield { severity: 'warning', kind: 'name', id: name, what, remedy: PULL_AGAIN }
    } else {
      for await (const problem of problemsOfHeld(record, context)) {
        // One that was moved or removed meanwhile has lost its content rightly.
        if (!sameName(store.name(parseReference(name)), record)) break
        const what = `${name} ${problem}`
        yield { severity: 'error', kind: 'name', id: name, what, remedy: PULL_AGAIN }
      }
    }
    checked('name', name)
  }
}

async function* writables(context: Context): AsyncGenerator<Finding> {
  for await (const { id, chain } of context.layers.writables()) {
    for (const layer of chain) {
      if ((await context.layers.has(layer)) || !(await context.layers.hasWritable(id))) continue
      const what = `the file system of ${id} stands on layer ${layer}, which is missing`
      yield { severity: 'error', kind: 'writable', id, what, remedy: PULL_AGAIN }
    }
    context.checked('writable', id)
  }
}

/** What `verify` throws, as text; undefined when all is well, or when the thing is gone meanwhile. */
async function failureOf(verify: () => Promise<void>): Promise<string | undefined> {
  try {
    await verify()
    return undefined
  } catch (error) {
    return isStrataError(error, 'not_found') ? undefined : messageOf(error)
  }
}
