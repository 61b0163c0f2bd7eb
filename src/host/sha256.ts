import { addon } from './addon.ts'

/** A SHA-256 of bytes that come one after the other, reckoned on the thread pool. */
export interface BackgroundSha256 {
  /** Takes bytes in, which must be left alone until then; one call after the other. */
  update(bytes: Uint8Array): Promise<void>
  /** Of all that was taken in. Call once, at the end. */
  digest(encoding: 'hex'): string
}

/** For streams that no worker thread has to see otherwise. */
export function backgroundSha256(): BackgroundSha256 {
  const native = addon()
  const hash = native.sha256New()
  return {
    update: bytes => native.sha256Update(hash, bytes),
    digest: encoding => native.sha256Digest(hash).toString(encoding),
  }
}
