import { createHash } from 'node:crypto'
import { StrataError } from '../std/index.ts'
import type { DiffID, Digest } from './oci.ts'

const SHA256 = /^sha256:[a-f0-9]{64}$/
const SHA512 = /^sha512:[a-f0-9]{128}$/
/** https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md#digests */
const ANY_ALGORITHM = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/

function invalid(message: string, text: unknown): StrataError {
  return new StrataError('invalid_argument', message, { details: { digest: text } })
}

/**
 * The digest that `text` is, checked. Content is addressed by sha256 only; well-formed digests of other algorithms
 * (sha512 among them) throw `invalid_argument` "unsupported digest algorithm", everything else "invalid checksum
 * digest format" or "… length".
 */
export function parseDigest(text: string): Digest {
  if (SHA256.test(text)) return text as Digest
  if (text.startsWith('sha256:') && text.length > 7) {
    throw invalid(`invalid checksum digest ${text.length === 71 ? 'format' : 'length'}`, text)
  }
  if (text.startsWith('sha512:') && !SHA512.test(text)) throw invalid('invalid checksum digest format', text)
  throw invalid(ANY_ALGORITHM.test(text) ? 'unsupported digest algorithm' : 'invalid checksum digest format', text)
}

/** Whether {@link parseDigest} would take `text`. */
export function isDigest(text: string): text is Digest {
  return SHA256.test(text)
}

/** {@link parseDigest} for a digest that is known to name an uncompressed layer tar. */
export function parseDiffID(text: string): DiffID {
  return parseDigest(text) as string as DiffID
}

/** The sha256 digest of bytes that are in memory. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return digestOfHex(createHash('sha256').update(bytes).digest('hex'))
}

/** Names the 64 lower-case hex digits of a sha256 as a digest; throws as {@link parseDigest} does. */
export function digestOfHex(hex: string): Digest {
  return parseDigest(`sha256:${hex}`)
}

/** The 64 hex digits of a digest, diffID or chainID: safe as a file name. */
export function hexOf(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1)
}

/** The first 12 hex digits: the form in which Docker shows IDs. */
export function shortID(digest: string): string {
  return hexOf(digest).slice(0, 12)
}

/**
 * Says that the digest of some bytes is the digest of an uncompressed layer tar. The caller knows that they are one:
 * this only changes the brand.
 */
export function asDiffID(digest: Digest): DiffID {
  return digest as string as DiffID
}
