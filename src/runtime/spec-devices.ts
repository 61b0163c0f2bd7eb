import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf, StrataError } from '../std/index.ts'
import type { DeviceOption, SpecOptions } from './spec-options.ts'

/** A device node of the runtime spec (config-linux.md, "Devices"). */
export interface SpecDevice {
  readonly path: string
  readonly type: 'b' | 'c'
  readonly major: number
  readonly minor: number
  readonly fileMode: number
  readonly uid: number
  readonly gid: number
}

/** A rule of the device cgroup; -1 for any number. */
export interface DeviceRule {
  readonly allow: boolean
  readonly access: string
  readonly type?: string
  readonly major?: number
  readonly minor?: number
}

/** zero, null, urandom, random, tty and console; /dev/fuse only by request. */
const defaultRules: readonly DeviceRule[] = [
  { allow: false, access: 'rwm' },
  ...(
    [
      [1, 5],
      [1, 3],
      [1, 9],
      [1, 8],
      [5, 0],
      [5, 1],
    ] as const
  ).map(([major, minor]) => ({ allow: true, type: 'c', major, minor, access: 'rwm' })),
  { allow: false, type: 'c', major: 10, minor: 229, access: 'rwm' },
]

/** Device nodes and cgroup rules of a container. Throws `invalid_argument` with Docker's text. */
export async function specDevices(options: SpecOptions): Promise<{ devices: SpecDevice[]; rules: DeviceRule[] }> {
  const wanted = options.devices ?? []
  if (options.privileged) {
    const moved = wanted.filter(({ pathOnHost, pathInContainer = pathOnHost }) => pathInContainer !== pathOnHost)
    const [host, added] = await Promise.all([devicesBelow('/dev', '/dev', hostOnly), Promise.all(moved.map(devicesOf))])
    return { devices: [...host, ...added.flat()], rules: [{ allow: true, access: 'rwm' }] }
  }
  const found = await Promise.all(wanted.map(devicesOf))
  const allowed = found.flatMap((devices, i) =>
    devices.map(({ type, major, minor }) => {
      return { allow: true, type, major, minor, access: wanted[i]?.cgroupPermissions ?? 'rwm' }
    }),
  )
  const asked = (options.deviceCgroupRules ?? []).map(parseRule)
  return { devices: found.flat(), rules: [...defaultRules, ...allowed, ...asked] }
}

/** `c 42:* rmw`, of `--device-cgroup-rule`. Throws `invalid_argument`. */
export function parseRule(text: string): DeviceRule {
  const match = /^([acb]) ([0-9]+|\*):([0-9]+|\*) ([rwm]{1,3})$/.exec(text)
  if (match === null) throw new StrataError('invalid_argument', `invalid device cgroup rule format: '${text}'`)
  const number = (digits: string | undefined) => (digits === '*' ? -1 : Number(digits))
  return { allow: true, type: match[1]!, major: number(match[2]), minor: number(match[3]), access: match[4]! }
}

async function devicesOf({ pathOnHost, pathInContainer = pathOnHost }: DeviceOption): Promise<SpecDevice[]> {
  const failed = (why: string, cause?: unknown) => {
    const text = `error gathering device information while adding custom device "${pathOnHost}": ${why}`
    return new StrataError('invalid_argument', text, { cause })
  }
  try {
    const device = await deviceAt(pathOnHost, pathInContainer)
    if (device !== undefined) return [device]
    const below = await devicesBelow(pathOnHost, pathInContainer)
    if (below.length > 0) return below
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw failed('no such file or directory', error)
    if (errnoOf(error) !== 'ENOTDIR') throw error
  }
  throw failed('not a device node')
}

/** What of the host's /dev belongs to the container itself. */
const hostOnly = new Set(['pts', 'shm', 'fd', 'mqueue', '.lxc', '.lxd-mounts', '.udev', 'console'])

async function devicesBelow(host: string, container: string, except = new Set<string>()): Promise<SpecDevice[]> {
  const entries = await readdir(host, { withFileTypes: true })
  const found = await Promise.all(
    entries.map(async entry => {
      const [from, to] = [join(host, entry.name), join(container, entry.name)]
      if (except.has(entry.name)) return []
      if (entry.isDirectory()) return devicesBelow(from, to, except)
      if (!entry.isCharacterDevice() && !entry.isBlockDevice()) return []
      const device = await deviceAt(from, to).catch(() => undefined)
      return device === undefined ? [] : [device]
    }),
  )
  return found.flat()
}

async function deviceAt(pathOnHost: string, path: string): Promise<SpecDevice | undefined> {
  const info = await stat(pathOnHost, { bigint: true })
  if (!info.isCharacterDevice() && !info.isBlockDevice()) return undefined
  return {
    path,
    type: info.isBlockDevice() ? 'b' : 'c',
    ...deviceNumbers(info.rdev),
    fileMode: Number(info.mode & 0o777n),
    uid: Number(info.uid),
    gid: Number(info.gid),
  }
}

/** Major and minor of a dev_t, as gnu_dev_major and gnu_dev_minor take it apart. */
export function deviceNumbers(device: bigint): { major: number; minor: number } {
  return {
    major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn)),
    minor: Number((device & 0xffn) | ((device >> 12n) & ~0xffn)),
  }
}
