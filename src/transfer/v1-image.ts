import type { ContainerConfig } from '../apitypes/index.ts'
import { containerConfig, int64, omitEmpty, pointer, string, struct, time } from '../gojson/index.ts'

/** What the document of an image says that Docker knew before 1.10, when there was one a layer, naming its parent. */
export interface V1Image {
  readonly id?: string
  readonly parent?: string
  readonly comment?: string
  readonly created: string | null
  readonly container?: string
  readonly container_config: ContainerConfig
  readonly docker_version?: string
  readonly author?: string
  readonly config?: ContainerConfig
  readonly architecture?: string
  readonly variant?: string
  readonly os?: string
  readonly Size?: number
}

/** Docker's `image.V1Image`. */
export const v1Image = struct<V1Image>('image.V1Image', {
  id: omitEmpty(string),
  parent: omitEmpty(string),
  comment: omitEmpty(string),
  created: pointer(time),
  container: omitEmpty(string),
  container_config: containerConfig,
  docker_version: omitEmpty(string),
  author: omitEmpty(string),
  config: omitEmpty(pointer(containerConfig)),
  architecture: omitEmpty(string),
  variant: omitEmpty(string),
  os: omitEmpty(string),
  Size: omitEmpty(int64),
})
