import { mkdir, stat } from 'node:fs/promises'
import type { ContainerConfig, HostConfig, Mount } from '../apitypes/index.ts'
import { errnoOf, messageOf, StrataError } from '../std/index.ts'
import type { NewVolume } from '../volumes/index.ts'
import { isMode, parseBind, propagations } from './bind-spec.ts'
import { cleanPath } from './clean-path.ts'
import type { Container, MountPoint } from './container.ts'
import type { EngineContext } from './context.ts'
import { newId } from './random-name.ts'
import { ensureVolume } from './volume-use.ts'

const invalid = (message: string) => new StrataError('invalid_argument', message)

/** What is mounted into a container: `--volumes-from`, `-v`, `--mount`, and the image's volumes, in Docker's order of weight. */
export async function resolveMounts(
  context: EngineContext,
  config: ContainerConfig,
  hostConfig: HostConfig,
): Promise<MountPoint[]> {
  const found = new Map<string, MountPoint>()
  for (const spec of hostConfig.VolumesFrom ?? []) {
    const { name, mode } = parseVolumesFrom(spec)
    for (const mount of donor(context, name).record.mounts) {
      if (mount.type === 'tmpfs') continue
      found.set(mount.destination, { ...mount, writable: mount.writable && !mode.split(',').includes('ro') })
    }
  }
  const asked = new Set<string>(Object.keys(hostConfig.Tmpfs ?? {}).map(cleanPath))
  const add = (mount: MountPoint) => {
    if (asked.has(mount.destination)) throw invalid(`Duplicate mount point: ${mount.destination}`)
    asked.add(mount.destination)
    found.set(mount.destination, mount)
  }
  for (const bind of hostConfig.Binds ?? []) add(await fromBind(context, bind))
  for (const mount of hostConfig.Mounts ?? []) add(await fromMount(context, mount))
  for (const path of Object.keys(config.Volumes ?? {})) {
    const destination = imageVolumePath(path)
    if (asked.has(destination) || found.has(destination)) continue
    found.set(destination, await volumeMount(context, { name: '', destination, writable: true, copy: true, mode: '' }))
  }
  return [...found.values()]
}

async function fromBind(context: EngineContext, spec: string): Promise<MountPoint> {
  const { source, propagation, ...bind } = parseBind(spec)
  if (!source.startsWith('/')) return volumeMount(context, { name: source, ...bind })
  if (!(await exists(source))) await mkdir(source, { recursive: true, mode: 0o755 })
  const { destination, mode, writable } = bind
  return { type: 'bind', source, destination, mode, writable, propagation: propagation || 'rprivate' }
}

async function fromMount(context: EngineContext, mount: Mount): Promise<MountPoint> {
  const bad = (text: string) => invalid(`invalid mount config for type "${mount.Type ?? ''}": ${text}`)
  if (!mount.Target) throw bad('field Target must not be empty')
  if (!mount.Target.startsWith('/')) throw bad(`invalid mount path: '${mount.Target}' mount path must be absolute`)
  const destination = containerPath(mount.Target)
  const writable = !mount.ReadOnly
  switch (mount.Type) {
    case 'bind': {
      if (!mount.Source) throw bad('field Source must not be empty')
      if (!mount.Source.startsWith('/')) {
        throw bad(`invalid mount path: '${mount.Source}' mount path must be absolute`)
      }
      if (!(await exists(mount.Source))) {
        if (!mount.BindOptions?.CreateMountpoint) throw bad(`bind source path does not exist: ${mount.Source}`)
        await mkdir(mount.Source, { recursive: true, mode: 0o755 })
      }
      const propagation = mount.BindOptions?.Propagation || 'rprivate'
      if (!propagations.has(propagation)) throw bad(`invalid propagation mode: ${propagation}`)
      return {
        type: 'bind',
        source: mount.Source,
        destination,
        mode: '',
        writable,
        propagation,
        ...(mount.BindOptions?.NonRecursive ? { recursive: false } : {}),
      }
    }
    case 'volume': {
      if (mount.VolumeOptions?.DriverConfig?.Name && mount.VolumeOptions.DriverConfig.Name !== 'local') {
        throw new StrataError('not_found', `plugin "${mount.VolumeOptions.DriverConfig.Name}" not found`)
      }
      const { NoCopy: noCopy, Labels: labels = null, DriverConfig: driver } = mount.VolumeOptions ?? {}
      return volumeMount(context, {
        name: mount.Source ?? '',
        destination,
        writable,
        copy: !noCopy,
        mode: 'z',
        labels,
        driverOptions: driver?.Options ?? null,
      })
    }
    case 'tmpfs': {
      const options = [
        ...(mount.TmpfsOptions?.SizeBytes ? [`size=${mount.TmpfsOptions.SizeBytes}`] : []),
        ...(mount.TmpfsOptions?.Mode ? [`mode=${mount.TmpfsOptions.Mode.toString(8)}`] : []),
        ...(writable ? [] : ['ro']),
      ]
      return { type: 'tmpfs', source: '', destination, mode: options.join(','), writable, propagation: '' }
    }
    default:
      throw bad('mount type unknown')
  }
}

async function volumeMount(
  context: EngineContext,
  options: {
    readonly name: string
    readonly destination: string
    readonly writable: boolean
    readonly copy: boolean
    readonly mode: string
    readonly labels?: NewVolume['labels']
    readonly driverOptions?: NewVolume['options']
  },
): Promise<MountPoint> {
  const anonymous = options.name === ''
  const volume = await ensureVolume(context, anonymous ? newId() : options.name, {
    anonymous,
    labels: options.labels ?? null,
    options: options.driverOptions ?? null,
  })
  return {
    type: 'volume',
    name: volume.name,
    source: volume.path,
    destination: options.destination,
    mode: options.mode,
    writable: options.writable,
    propagation: '',
    copy: options.copy,
    ...(anonymous ? { anonymous } : {}),
  }
}

/** True when the host has something at `path`. */
async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false
    throw error
  }
}

/** An absolute, clean path in the container, or Docker's refusal. */
function containerPath(path: string): string {
  const destination = cleanPath(path)
  if (destination === '/') throw invalid(`invalid specification: destination can't be '/'`)
  return destination
}

/** Of `Config.Volumes`, where a path may be relative: it begins at the root then. */
function imageVolumePath(path: string): string {
  const destination = cleanPath(path)
  if (['/', '.'].includes(destination)) throw invalid(`invalid specification: destination can't be '${destination}'`)
  return destination
}

/** `container[:mode]`. */
function parseVolumesFrom(spec: string): { readonly name: string; readonly mode: string } {
  if (spec === '') throw invalid('volumes-from specification cannot be an empty string')
  const at = spec.indexOf(':')
  const [name, mode] = at < 0 ? [spec, ''] : [spec.slice(0, at), spec.slice(at + 1)]
  if (!isMode(mode)) throw invalid(`invalid mode: ${mode}`)
  return { name, mode }
}

function donor(context: EngineContext, name: string): Container {
  try {
    return context.containers.find(name)
  } catch (error) {
    throw new StrataError('invalid_argument', messageOf(error), { cause: error })
  }
}
