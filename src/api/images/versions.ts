import type { ImageInspect, ImageSummary } from '../../apitypes/index.ts'
import { containerConfig, read } from '../../gojson/index.ts'

/** One image of a list, as API version 1.`minor` has it. */
export function summaryFor(minor: number, image: ImageSummary): object {
  const { Descriptor, ...older } = image
  return {
    ...(minor < 48 ? older : image),
    ...(minor < 43 && oldNames(image)),
    ...virtualSize(minor, image),
    ...(minor < 51 && { Containers: -1 }),
  }
}

/** One image of a disk usage, as API version 1.`minor` has it. */
export function usedImageFor(minor: number, image: ImageSummary): object {
  return { ...image, ...namesOrNull(image), ...virtualSize(minor, image) }
}

function oldNames(image: ImageSummary): object {
  const nameless = image.RepoTags.length + image.RepoDigests.length === 0
  return nameless ? { RepoDigests: ['<none>@<none>'], RepoTags: ['<none>:<none>'] } : namesOrNull(image)
}

/** Lists to which Go has added nothing. */
function namesOrNull({ RepoDigests, RepoTags }: ImageSummary): object {
  const orNull = (list: readonly string[]) => (list.length > 0 ? list : null)
  return { RepoDigests: orNull(RepoDigests), RepoTags: orNull(RepoTags) }
}

function virtualSize(minor: number, { Size }: { readonly Size: number }): object {
  return minor < 44 && Size !== 0 ? { VirtualSize: Size } : {}
}

/** An image's inspection, as API version 1.`minor` has it. What is undefined is left out. */
export function inspectFor(minor: number, image: ImageInspect): object {
  const { Container, ContainerConfig, Config, Descriptor } = image
  return {
    ...image,
    Container: (minor < 45 && Container) || undefined,
    ContainerConfig: minor < 45 ? read(containerConfig, ContainerConfig) : undefined,
    Descriptor: minor < 48 ? undefined : Descriptor,
    ...(minor < 50 && Config && { Config: likeContainers(Config) }),
    ...(minor < 44 && { Created: image.Created ?? '0001-01-01T00:00:00Z' }),
    ...virtualSize(minor, image),
  }
}

/** An image's config with the members that only containers have, which it had until API 1.49. */
function likeContainers(config: object): object {
  return Object.fromEntries(Object.entries({ ...containerConfig.zero, ...config }).sort(([a], [b]) => (a < b ? -1 : 1)))
}
