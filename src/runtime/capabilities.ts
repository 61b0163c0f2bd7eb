import { readFileSync } from 'node:fs'
import { StrataError } from '../std/index.ts'

/** In the order of their numbers (linux/capability.h). */
const known =
  `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
  NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT
  SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG
  WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`
    .split(/\s+/)
    .map(name => `CAP_${name}`)

const defaults =
  `CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL
  AUDIT_WRITE`
    .split(/\s+/)
    .map(name => `CAP_${name}`)

const all = 'ALL'

export interface CapabilityOptions {
  readonly add?: readonly string[] | undefined
  readonly drop?: readonly string[] | undefined
  readonly privileged?: boolean | undefined
}

/** Throws `invalid_argument`, with Docker's text, for a name that is none. */
export function checkCapabilities({ add = [], drop = [] }: CapabilityOptions): void {
  for (const name of add) normalise(name, 'CapAdd')
  for (const name of drop) normalise(name, 'CapDrop')
}

/** The capabilities of a container, as Docker derives them. Throws `invalid_argument` for a name that is none. */
export function capabilitiesFor({ add = [], drop = [], privileged = false }: CapabilityOptions): string[] {
  const added = add.map(name => normalise(name, 'CapAdd'))
  const dropped = drop.map(name => normalise(name, 'CapDrop'))
  if (privileged) return availableCapabilities()
  if (added.includes(all)) return availableCapabilities().filter(name => !dropped.includes(name))
  if (dropped.includes(all)) return added
  return [...new Set([...defaults.filter(name => !dropped.includes(name)), ...added])]
}

/** All that this process could pass on: more than its bounding set has nobody below it. */
export function availableCapabilities(): string[] {
  const bounding = capabilitySet('CapBnd')
  return known.filter((_, number) => (bounding >> BigInt(number)) & 1n)
}

/** Whether this process may raise limits beyond its own. */
export function mayExceedLimits(): boolean {
  return ((capabilitySet('CapEff') >> BigInt(known.indexOf('CAP_SYS_RESOURCE'))) & 1n) === 1n
}

function capabilitySet(field: string): bigint {
  const match = new RegExp(`^${field}:\\s*([0-9a-f]+)$`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))
  return BigInt(`0x${match?.[1] ?? '0'}`)
}

function normalise(name: string, option: 'CapAdd' | 'CapDrop'): string {
  const upper = name.toUpperCase()
  if (upper === all) return all
  const full = upper.startsWith('CAP_') ? upper : `CAP_${upper}`
  if (!known.includes(full)) {
    throw new StrataError('invalid_argument', `invalid ${option}: unknown capability: "${full}"`)
  }
  return full
}
