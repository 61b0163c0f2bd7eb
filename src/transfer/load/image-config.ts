import { hostPlatform, type ImageConfig, parseImageConfig } from '../../oci/index.ts'
import { StrataError } from '../../std/index.ts'

/** Reads the config of an image of so many layers. Throws `invalid_argument` with Docker's texts. */
export function configOf(bytes: Uint8Array, layers: number): ImageConfig {
  const config = parseImageConfig(bytes)
  refuseForeign(config.os)
  const diffIDs = config.rootfs.diff_ids.length
  if (diffIDs === layers) return config
  throw new StrataError(
    'invalid_argument',
    `invalid manifest, layers length mismatch: expected ${layers}, got ${diffIDs}`,
  )
}

/** Throws `invalid_argument` for an operating system that is not the host's. */
export function refuseForeign(os: string): void {
  const host = hostPlatform().os
  if (os !== host) throw new StrataError('invalid_argument', `cannot load ${os} image on ${host}`)
}
