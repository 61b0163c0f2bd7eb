import { kernelAtLeast } from '../host/index.ts'
import { StrataError } from '../std/index.ts'
import type { BindMountOption, MountOption, SpecOptions } from './spec-options.ts'

/** A mount of the runtime spec (config.md, "Mounts"). */
export interface SpecMount {
  readonly destination: string
  readonly type: string
  readonly source: string
  readonly options: readonly string[]
}

export const initDestination = '/sbin/docker-init'
const defaultShmSize = 64 * 1024 * 1024
const kernelFileSystems = ['nosuid', 'noexec', 'nodev']

/** All mounts of a container in the order in which they are made: the default ones, then the user's, outer before inner. */
export function specMounts(options: SpecOptions): SpecMount[] {
  const own = [...(options.mounts ?? [])].sort((a, b) => depth(a.destination) - depth(b.destination))
  const taken = new Set(own.map(({ destination }) => destination))
  const standard = defaultMounts(options).filter(
    ({ destination }) => !taken.has(destination) && !(taken.has('/dev') && destination.startsWith('/dev/')),
  )
  const mounts = [...standard, ...own.map(userMount)]
  if (options.initPath === undefined || !ownPids(options)) return mounts
  const init = { destination: initDestination, type: 'bind', source: options.initPath, options: ['bind', 'ro'] }
  return [...mounts, init]
}

/** Whether the container has a pid namespace of its own: only there an init has anything to do. */
export function ownPids(options: SpecOptions): boolean {
  return (options.namespaces?.pid ?? 'private') === 'private'
}

/** `linux.rootfsPropagation`: what the propagation of a bind asks of the root mount. */
export function rootPropagation(mounts: readonly MountOption[]): string | undefined {
  const wanted = mounts.map(mount => (mount.type === 'bind' ? (mount.propagation ?? '') : ''))
  if (wanted.some(propagation => propagation.endsWith('shared'))) return 'shared'
  return wanted.some(propagation => propagation.endsWith('slave')) ? 'rslave' : undefined
}

function defaultMounts(options: SpecOptions): SpecMount[] {
  const writable = options.privileged ? [] : ['ro']
  const cgroups = options.security?.writableCgroups ? [] : writable
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: kernelFileSystems },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...kernelFileSystems, ...writable] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [...cgroups, ...kernelFileSystems] },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: kernelFileSystems },
    ...sharedMemory(options),
  ]
}

/** /dev/shm goes with the IPC namespace: the host's with the host's. */
function sharedMemory({ sharedMemory, namespaces, shmSize: size = defaultShmSize }: SpecOptions): SpecMount[] {
  const source = sharedMemory ?? (namespaces?.ipc === 'host' ? '/dev/shm' : undefined)
  if (source !== undefined) {
    return [{ destination: '/dev/shm', type: 'bind', source, options: ['rbind', 'rprivate'] }]
  }
  if (size === 0) return []
  const settings = [...kernelFileSystems, 'mode=1777', `size=${size}`]
  return [{ destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: settings }]
}

function depth(path: string): number {
  return path.split('/').filter(Boolean).length
}

function userMount(mount: MountOption): SpecMount {
  if (mount.type === 'bind') {
    return { destination: mount.destination, type: 'bind', source: mount.source, options: bindOptions(mount) }
  }
  const options = mergeTmpfsOptions([...kernelFileSystems, 'rprivate', ...(mount.options ?? '').split(',')])
  return { destination: mount.destination, type: 'tmpfs', source: 'tmpfs', options }
}

function bindOptions({ recursive = true, readonly = false, propagation = 'rprivate' }: BindMountOption): string[] {
  // Mounts below the source are read-only too where the kernel can do that (mount_setattr).
  const readonlyOption = recursive && kernelAtLeast(5, 12) ? 'rro' : 'ro'
  return [recursive ? 'rbind' : 'bind', ...(readonly ? [readonlyOption] : []), propagation]
}

/** Of each of these the last one counts. */
const opposites = ['ro rw', 'suid nosuid', 'dev nodev', 'exec noexec', 'sync async', 'dirsync', 'mand nomand']
  .concat(['atime noatime', 'diratime nodiratime', 'relatime norelatime', 'strictatime nostrictatime', 'remount'])
  .concat(['bind rbind', 'private rprivate shared rshared slave rslave unbindable runbindable'])
  .map(words => words.split(' '))
const tmpfsSettings = ['size', 'mode', 'uid', 'gid', 'nr_inodes', 'nr_blocks', 'mpol']

/** Merges the options of a tmpfs so that later ones win. Throws `invalid_argument` with Docker's text. */
export function mergeTmpfsOptions(options: readonly string[]): string[] {
  const merged = new Map<string, string>()
  for (const option of options) {
    if (option === '' || option === 'defaults') continue
    const [name = '', value] = option.split('=', 2)
    const key =
      value === undefined ? opposites.find(words => words.includes(name))?.[0] : tmpfsSettings.find(s => s === name)
    if (key === undefined) throw new StrataError('invalid_argument', `invalid tmpfs option ${JSON.stringify(option)}`)
    merged.set(key, option)
  }
  return [...merged.values()]
}
