import { readFile } from 'node:fs/promises'
import { availableParallelism, hostname, machine, release, totalmem } from 'node:os'
import { errnoOf } from '../std/index.ts'

/** What `docker info` and `docker version` tell of the machine. */
export interface MachineFacts {
  /** `uname -r`. */
  readonly kernelVersion: string
  /** `uname -m`: `x86_64`, `aarch64`. */
  readonly architecture: string
  readonly hostname: string
  /** PRETTY_NAME of os-release: `Debian GNU/Linux 12 (bookworm)`. */
  readonly operatingSystem: string
  /** VERSION_ID of os-release; empty when it has none. */
  readonly osVersion: string
  /** Bytes. */
  readonly totalMemory: number
  /** CPUs that this process may use. */
  readonly cpus: number
}

/** Reads the machine's facts. */
export async function readMachineFacts(): Promise<MachineFacts> {
  const fields = parseOsRelease(await readOsRelease())
  return {
    kernelVersion: release(),
    architecture: machine(),
    hostname: hostname(),
    operatingSystem: fields.get('PRETTY_NAME') ?? 'Linux',
    osVersion: fields.get('VERSION_ID') ?? '',
    totalMemory: totalmem(),
    cpus: availableParallelism(),
  }
}

async function readOsRelease(): Promise<string> {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      return await readFile(path, 'utf8')
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
    }
  }
  return ''
}

/** The variables of an os-release(5) file, unquoted. */
export function parseOsRelease(text: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*?)\s*$/.exec(line)
    if (match) fields.set(match[1]!, unquote(match[2]!))
  }
  return fields
}

/** Undoes the quotes of a shell assignment of one word. */
function unquote(value: string): string {
  if (value.length >= 2 && value.startsWith("'") && value.endsWith("'")) return value.slice(1, -1)
  const inner = value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
  return inner.replace(/\\(.)/g, '$1')
}

/** Whether the running kernel is at least `major.minor`. */
export function kernelAtLeast(major: number, minor: number, version: string = release()): boolean {
  const [a = 0, b = 0] = version.split('.').map(part => Number.parseInt(part, 10) || 0)
  return a > major || (a === major && b >= minor)
}

/** The file systems that the kernel knows now; one whose module is not loaded is not among them. */
export async function fileSystems(): Promise<Set<string>> {
  const lines = (await readFile('/proc/filesystems', 'utf8')).split('\n')
  return new Set(lines.map(line => line.slice(line.indexOf('\t') + 1)).filter(Boolean))
}
