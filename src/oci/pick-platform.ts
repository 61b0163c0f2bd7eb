import { isManifest } from './media-types.ts'
import type { Descriptor, Platform } from './oci.ts'
import { normalizePlatform } from './platform.ts'

/** Variants of `architecture` that run on `variant` of it, best first; `variant` itself is the first. */
function downFrom(architecture: string, variant: string): string[] {
  if (architecture === 'arm64') return arm64From(variant)
  const lowest = architecture === 'amd64' ? 1 : architecture === 'arm' ? 5 : undefined
  const level = /^v(\d{1,2})$/.exec(variant)
  if (lowest === undefined || !level) return [variant]
  const variants = [variant]
  for (let below = Number(level[1]) - 1; below >= lowest; below--) {
    variants.push(architecture === 'amd64' && below === 1 ? '' : `v${below}`)
  }
  return variants
}

/** Each v9.x holds v8.(x+5), and each minor version the ones before it. */
function arm64From(variant: string): string[] {
  const version = /^v([89])(?:\.(\d))?$/.exec(variant === '' ? 'v8' : variant)
  if (!version) return [variant]
  const minor = Number(version[2] ?? 0)
  const name = (major: number, below: number) => (below > 0 ? `v${major}.${below}` : major === 8 ? '' : `v${major}`)
  const down = (major: number, from: number) =>
    Array.from({ length: from + 1 }, (_, position) => name(major, from - position))
  return version[1] === '9' ? [...down(9, minor), ...down(8, minor + 5)] : down(8, minor)
}

/** Everything that runs on `wanted`, best first, as containerd's `platforms.Only` has it. */
function candidates(wanted: Platform): Platform[] {
  const { variant: _, ...base } = wanted
  const variant = wanted.variant ?? ''
  const of = (architecture: string, variants: readonly string[]) =>
    variants.map(each => ({ ...base, architecture, ...(each && { variant: each }) }))
  const own = of(wanted.architecture, downFrom(wanted.architecture, variant))
  if (wanted.architecture === 'amd64') own.push(...of('386', ['']))
  if (wanted.architecture === 'arm64' && (variant === '' || /^v[89](?:\.|$)/.test(variant))) {
    own.push(...of('arm', downFrom('arm', 'v8')))
  }
  return own
}

function equal(candidate: Platform, offered: Platform): boolean {
  const features = candidate['os.features'] ?? []
  return (
    candidate.os === offered.os &&
    candidate.architecture === offered.architecture &&
    (candidate.variant ?? '') === (offered.variant ?? '') &&
    (offered['os.features'] ?? []).every(feature => features.includes(feature))
  )
}

/** How well `offered` serves `wanted`: 0 is best, undefined is not at all. */
function rank(wanted: readonly Platform[], offered: Platform): number | undefined {
  const normalized = normalizePlatform(offered)
  const position = wanted.findIndex(candidate => equal(candidate, normalized))
  return position < 0 ? undefined : position
}

/**
 * Whether an image for `offered` runs on `wanted`: the same, or an older level of the same architecture. One that names no
 * level serves them all, as in dockerd.
 */
export function matchesPlatform(wanted: Platform, offered: Platform): boolean {
  const on = normalizePlatform(wanted)
  if (rank(candidates(on), offered) !== undefined) return true
  const { os, architecture } = normalizePlatform(offered)
  return !offered.variant && os === on.os && architecture === on.architecture
}

/** The annotation by which an attestation says which manifest it attests. */
export const SUBJECT = 'vnd.docker.reference.digest'

/** Attestations (provenance, SBOM) stand in indexes as manifests that nothing can run. */
export function isAttestation(descriptor: Descriptor): boolean {
  const { platform, annotations } = descriptor
  if (annotations?.['vnd.docker.reference.type'] !== undefined) return true
  return platform?.os === 'unknown' && platform.architecture === 'unknown'
}

/**
 * The one of an index's manifests that serves `platform` best: the same variant, else the nearest older one, else one that
 * doesn't say what it is for. Of equals the first in the index wins. Entries that are no manifests of images, indexes among
 * them, are passed over, as in dockerd. Undefined when none does.
 */
export function pickPlatform(manifests: readonly Descriptor[], platform: Platform): Descriptor | undefined {
  const wanted = candidates(normalizePlatform(platform))
  let best: { readonly descriptor: Descriptor; readonly rank: number } | undefined
  for (const descriptor of manifests) {
    if (isAttestation(descriptor) || !isManifest(descriptor.mediaType)) continue
    const found = descriptor.platform ? rank(wanted, descriptor.platform) : wanted.length
    if (found !== undefined && (!best || found < best.rank)) best = { descriptor, rank: found }
  }
  return best?.descriptor
}
