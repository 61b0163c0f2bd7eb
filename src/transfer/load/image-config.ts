import { hostPlatform, type ImageConfig, isHostSystem, parseImageConfig } from '../../oci/index.ts'
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
  if (isHostSystem(os)) return
  throw new StrataError('invalid_argument', `cannot load ${os} image on ${hostPlatform().os}`)
}
