import type { MetadataStore } from '../metadata/index.ts'
import type { Descriptor, DiffID, Digest } from '../oci/index.ts'
import type { LayerForm, LayerSource, LayerSources } from './images.ts'

const SOURCES = 4
const REPOSITORIES = 8

/** Layer sources over records in `metadata`, one a layer. */
export function createLayerSources(metadata: MetadataStore): LayerSources {
  const table = metadata.table<readonly LayerSource[]>('layer-sources')
  const list = (layer: DiffID) => table.get(layer) ?? []

  function add({ diffID, descriptor }: LayerForm, repository: string): void {
    const known = list(diffID)
    const same = known.find(source => source.descriptor.digest === descriptor.digest)
    if (known[0] === same && same?.repositories[0] === repository) return
    const others = same?.repositories.filter(each => each !== repository) ?? []
    const source: LayerSource = {
      descriptor: same?.descriptor ?? plain(descriptor),
      repositories: [repository, ...others].slice(0, REPOSITORIES),
    }
    table.put(diffID, [source, ...known.filter(each => each !== same)].slice(0, SOURCES))
  }

  return {
    list,
    add: (forms, repository) =>
      metadata.transaction(() => {
        for (const form of forms) add(form, repository)
      }),
    drop: (layer, digest: Digest, repository) =>
      metadata.transaction(() => {
        const left = list(layer).flatMap(source => {
          if (source.descriptor.digest !== digest) return [source]
          const repositories = source.repositories.filter(each => each !== repository)
          return repositories.length > 0 ? [{ ...source, repositories }] : []
        })
        if (left.length > 0) table.put(layer, left)
        else table.delete(layer)
      }),
    forget(layer) {
      table.delete(layer)
    },
  }
}

/** What belongs to the bytes, not to the manifest that names them. */
function plain({ mediaType, digest, size, urls }: Descriptor): Descriptor {
  return { mediaType, digest, size, ...(urls && { urls }) }
}
