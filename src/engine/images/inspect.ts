import type { ImageInspect } from '../../apitypes/index.ts'
import type { Platform } from '../../oci/index.ts'
import { never } from '../container.ts'
import type { EngineContext } from '../context.ts'
import { familiar } from './familiar.ts'
import { pickImage } from './pick.ts'

export async function inspectImage(
  context: EngineContext,
  name: string,
  { platform }: { readonly platform?: Platform },
): Promise<ImageInspect> {
  const record = await pickImage(context, name, platform)
  const { tags, digests } = context.images.summary(record.id)
  const config = await context.images.config(record.id)
  return {
    Id: record.id,
    RepoTags: familiar(tags),
    RepoDigests: familiar(digests),
    Parent: record.parent ?? '',
    Comment: config.comment ?? config.history?.at(-1)?.comment ?? '',
    ...(config.created ? { Created: config.created } : {}),
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    Config: sorted({ ...configDefaults, ...config.config }),
    Architecture: config.architecture,
    ...(config.variant ? { Variant: config.variant } : {}),
    Os: config.os,
    ...(config['os.version'] ? { OsVersion: config['os.version'] } : {}),
    Size: record.size,
    GraphDriver: { Data: null, Name: context.layers.name },
    RootFS: { Type: 'layers', Layers: record.layers.map(layer => layer.diffID) },
    Metadata: { LastTagTime: record.lastTagged ?? never },
  }
}

/** Members in the order in which dockerd shows them. */
function sorted(config: object): object {
  return Object.fromEntries(Object.entries(config).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** What dockerd shows in a config where the image says nothing. */
const configDefaults = {
  User: '',
  Env: null,
  Cmd: null,
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
}
