import type { ImageInspect, ImageSummary } from '../../apitypes/index.ts'

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

/** The fields of a container's config, which an image's `Config` had until API 1.49. */
const containerConfig = {
  Hostname: '',
  Domainname: '',
  User: '',
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Env: null,
  Cmd: null,
  Image: '',
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
}

/** An image's inspection, as API version 1.`minor` has it. */
export function inspectFor(minor: number, image: ImageInspect): object {
  const { Descriptor, ...older } = image
  return {
    ...(minor < 48 ? older : image),
    ...(minor < 50 && image.Config && { Config: { ...containerConfig, ...image.Config } }),
    ...(minor < 45 && { ContainerConfig: containerConfig }),
    ...(minor < 44 && { Created: image.Created ?? '0001-01-01T00:00:00Z' }),
    ...virtualSize(minor, image),
  }
}
