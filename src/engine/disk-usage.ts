import type { ContainerSummary, DiskUsage, DiskUsageType, Volume } from '../apitypes/index.ts'
import type { ImageLayer } from '../images/index.ts'
import { parseReference } from '../reference/index.ts'
import type { EngineContext } from './context.ts'
import { blobsHeld, sizeOfBlobs } from './images/held.ts'
import { LayerTree } from './images/layer-tree.ts'
import { listImages } from './images/list.ts'
import { listContainers } from './list.ts'
import { usersOf } from './volume-use.ts'
import { apiVolume } from './volumes.ts'

const noFilters = new Map<string, readonly string[]>()

/**
 * What of the kinds asked for is there and how much of the disk it takes. Sizes of images and layers are on record;
 * what containers and volumes hold is measured.
 */
export async function diskUsage(context: EngineContext, types: ReadonlySet<DiskUsageType>): Promise<DiskUsage> {
  const listed = { all: false, filters: noFilters, sharedSize: true, manifests: false }
  const [layersSize, images, containers, volumes] = await Promise.all([
    types.has('image') ? layersSizeOf(context) : 0,
    types.has('image') ? listImages(context, listed) : undefined,
    types.has('container') ? containersOf(context) : undefined,
    types.has('volume') ? volumesOf(context) : undefined,
  ])
  return {
    LayersSize: layersSize,
    ...(images && { Images: images }),
    ...(containers && { Containers: containers }),
    ...(volumes && { Volumes: volumes }),
    ...(types.has('build-cache') && { BuildCache: [] }),
  }
}

/**
 * Layers of images as Docker counts them, and the rest that is stored: of removed images, of containers, of pulls under way,
 * and the blobs of indexes that are held.
 */
async function layersSizeOf(context: EngineContext): Promise<number> {
  const images = context.images.list()
  const all: (readonly ImageLayer[])[] = images.map(({ record }) => record.layers)
  const known = new Set(all.flat().map(({ diffID }) => diffID))
  let size = new LayerTree(all).size
  for await (const layer of context.layers.walk()) if (!known.has(layer.diffID)) size += layer.size
  const holding = images.flatMap(each => each.holding.map(name => context.images.name(parseReference(name)) ?? {}))
  const names = [...holding, ...context.images.removedPoints()]
  return size + (await sizeOfBlobs(context, names.flatMap(blobsHeld)))
}

function containersOf(context: EngineContext): Promise<ContainerSummary[]> {
  return listContainers(context, { all: true, limit: 0, size: true, filters: noFilters })
}

function volumesOf(context: EngineContext): Promise<Volume[]> {
  return Promise.all(
    context.volumes.list().map(async volume => ({
      ...apiVolume(volume),
      UsageData: { RefCount: usersOf(context, volume.name).length, Size: await context.volumes.size(volume.name) },
    })),
  )
}
