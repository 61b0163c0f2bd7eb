import { membersOf, raw, rawMap, read } from '../../gojson/index.ts'
import { type ChainID, chainIDs, type DiffID, type Digest, digestOf, hexOf } from '../../oci/index.ts'
import { isStrataError, textOfBytes } from '../../std/index.ts'
import { type V1Image, v1Image } from '../v1-image.ts'

/** What is known of the layers below the top. */
const lower: V1Image = { ...v1Image.zero, created: '1970-01-01T00:00:00Z' }

/**
 * The documents that images had before they had configs (one a layer, naming its parent), which Docker still puts into
 * what it saves. The bytes, and with them the names, are Docker's.
 * @param config the bytes of its config, known to be one.
 * @returns those of an image's layers, lowest first.
 */
export function v1Configs(config: Uint8Array, layers: readonly DiffID[]): Buffer[] {
  const image = imageOf(config)
  const documents: Buffer[] = []
  let parent: Digest | undefined
  for (const [position, chain] of chainIDs(layers).entries()) {
    const { id: _, ...layer } = position === layers.length - 1 ? image : lower
    const id = v1ID(layer, chain, parent)
    const named = {
      ...layer,
      id: hexOf(id),
      ...(parent && { parent: hexOf(parent) }),
      ...(image.os && { os: image.os }),
    }
    documents.push(Buffer.from(v1Image.write(named)))
    parent = id
  }
  return documents
}

/** A config that Docker wouldn't take says nothing. */
function imageOf(config: Uint8Array): V1Image {
  try {
    return read(v1Image, JSON.parse(textOfBytes(config)))
  } catch (error) {
    if (!isStrataError(error, 'invalid_argument')) throw error
    return v1Image.zero
  }
}

function v1ID(layer: V1Image, chain: ChainID, parent: Digest | undefined): Digest {
  const members = membersOf(v1Image.write(layer)).set('layer_id', raw(chain))
  if (parent) members.set('parent', raw(parent))
  return digestOf(rawMap(members))
}
