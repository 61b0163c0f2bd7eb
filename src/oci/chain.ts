import { digestOf } from './digest.ts'
import type { ChainID, DiffID } from './oci.ts'

/**
 * The chainID of every prefix of `diffIDs` (lowest layer first), one for each layer: the first is its own diffID, each
 * further one the digest of "<chainID below> <diffID>".
 * https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md#layer-chainid
 */
export function chainIDs(diffIDs: readonly DiffID[]): ChainID[] {
  const chain: ChainID[] = []
  for (const [position, diffID] of diffIDs.entries()) {
    const text = position === 0 ? diffID : digestOf(`${chain[position - 1]} ${diffID}`)
    chain.push(text as string as ChainID)
  }
  return chain
}

/** The chainID of the whole list, or undefined for an empty one, which has none. */
export function chainIDOf(diffIDs: readonly DiffID[]): ChainID | undefined {
  return chainIDs(diffIDs).at(-1)
}
