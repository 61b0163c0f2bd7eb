import type { DiskUsage, DiskUsageType } from '../../apitypes/index.ts'
import { StrataError } from '../../std/index.ts'
import type { Exchange } from '../exchange.ts'
import { usedImageFor } from '../images/versions.ts'
import { sendJson } from '../reply.ts'
import type { SystemBackend } from './backend.ts'

const types: readonly DiskUsageType[] = ['container', 'image', 'volume', 'build-cache']

/** `GET /system/df`: all of it, or from API 1.42 on the `type`s asked for. */
export async function sendDiskUsage(backend: SystemBackend, { query, minor, response }: Exchange): Promise<void> {
  const asked = minor < 42 ? [] : query.all('type')
  const wanted = asked.map(text => {
    const type = types.find(each => each === text)
    if (type === undefined) throw new StrataError('invalid_argument', `unknown object type: ${text}`)
    return type
  })
  sendJson(response, 200, usageFor(minor, await backend.diskUsage(new Set(wanted.length > 0 ? wanted : types))))
}

/** Disk usage as API version 1.`minor` has it. */
function usageFor(minor: number, usage: DiskUsage): object {
  const { LayersSize, Images, Containers = null, Volumes = null, BuildCache = null } = usage
  return {
    LayersSize,
    Images: Images?.map(image => usedImageFor(minor, image)) ?? null,
    Containers,
    Volumes,
    BuildCache,
  }
}
