import type { ImageInspect, ImageSummary } from '../../apitypes/index.ts'

/** One image of a list, as API version 1.`minor` has it. */
export function summaryFor(minor: number, image: ImageSummary): object {
  const { Descriptor, ...older } = image
  const nameless = minor < 43 && image.RepoTags.length === 0 && image.RepoDigests.length === 0
  return {
    ...(minor < 48 ? older : image),
    ...(nameless && { RepoDigests: ['<none>@<none>'], RepoTags: ['<none>:<none>'] }),
    ...(minor < 44 && { VirtualSize: image.Size }),
    ...(minor < 51 && { Containers: -1 }),
  }
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
    ...(minor < 44 && { VirtualSize: image.Size, Created: image.Created ?? '0001-01-01T00:00:00Z' }),
  }
}
