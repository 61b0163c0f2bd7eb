import type { Compression } from './archive.ts'
import { detectCompression } from './compression.ts'
import { BLOCK_BYTES, checksum, isZeroBlock } from './header-block.ts'

/** The bytes that {@link looksLike} wants to see. */
export const HEAD_BYTES = BLOCK_BYTES

/**
 * What a file is by its first {@link HEAD_BYTES} bytes, or all if it is shorter: an archive with its compression (of which
 * nothing is known but that magic), or something else.
 */
export function looksLike(head: Uint8Array): { readonly tar: Compression } | undefined {
  const compression = detectCompression(head)
  if (compression !== 'none') return { tar: compression }
  if (head.byteLength < BLOCK_BYTES) return undefined
  const block = Buffer.from(head.buffer, head.byteOffset, BLOCK_BYTES)
  if (isZeroBlock(block)) return { tar: 'none' }
  const stored = Number.parseInt(
    block
      .toString('latin1', 148, 156)
      .replace(/[\0 ]+$/, '')
      .trim(),
    8,
  )
  return stored === checksum(block) ? { tar: 'none' } : undefined
}
