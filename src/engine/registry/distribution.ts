import type { DistributionInspect, DistributionPlatform } from '../../apitypes/index.ts'
import { CONFIG_LIMIT, type Descriptor, mediaTypes, type Platform, parseManifest, verified } from '../../oci/index.ts'
import { parseReference } from '../../reference/index.ts'
import type { Fetcher, RequestOptions } from '../../remotes/index.ts'
import { collect, isStrataError, StrataError } from '../../std/index.ts'
import type { EngineContext } from '../context.ts'
import { registryFailure } from './registry-failure.ts'

/** What a registry has under a name: the descriptor, and the platforms that it is for. Nothing is kept. */
export async function inspectDistribution(
  context: EngineContext,
  name: string,
  request: RequestOptions,
): Promise<DistributionInspect> {
  if (/^(?:sha256:)?[0-9a-f]{64}$/.test(name)) {
    throw new StrataError('internal', 'no manifest found for full image ID')
  }
  const reference = parseReference(name)
  const options = { ...request, signal: AbortSignal.any([request.signal, context.closing.signal]) }
  try {
    const { descriptor, bytes } = await context.resolver.lookUp(reference, options)
    const { mediaType, digest, size } = descriptor
    const parsed = parseManifest(bytes, mediaType)
    const platforms =
      parsed.kind === 'index'
        ? parsed.index.manifests.map(each => shown(each.platform))
        : await platformsOf(parsed.manifest.config, mediaType, context.resolver.fetcher(reference, options))
    return { Descriptor: { mediaType, digest, size }, Platforms: platforms.length > 0 ? platforms : null }
  } catch (error) {
    throw registryFailure(error)
  }
}

/** dockerd reads the config of Docker's own manifests only; what it can't read is left out. */
async function platformsOf(config: Descriptor, mediaType: string, fetcher: Fetcher): Promise<DistributionPlatform[]> {
  if (mediaType !== mediaTypes.dockerManifest || config.size > CONFIG_LIMIT) return []
  try {
    const bytes = await collect(verified(await fetcher.blob(config, 0), config), CONFIG_LIMIT)
    const platform = JSON.parse(bytes.toString()) as Platform
    return platform.os || platform.architecture ? [shown(platform)] : []
  } catch (error) {
    if (isStrataError(error, 'canceled')) throw error
    return []
  }
}

function shown(platform: Platform | undefined): DistributionPlatform {
  const { architecture = '', os = '', variant } = platform ?? {}
  const version = platform?.['os.version']
  const features = platform?.['os.features']
  return {
    architecture,
    os,
    ...(version && { 'os.version': version }),
    ...(features?.length && { 'os.features': features }),
    ...(variant && { variant }),
  }
}
