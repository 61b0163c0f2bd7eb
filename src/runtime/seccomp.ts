import { kernelAtLeast } from '../host/index.ts'
import { StrataError } from '../std/index.ts'
import type { SeccompFilter, SeccompProfile } from './spec-options.ts'

/** This machine in the words that profiles use for conditions and for the runtime spec. */
const architectures: Partial<Record<NodeJS.Architecture, readonly [condition: string, seccomp: string]>> = {
  x64: ['amd64', 'SCMP_ARCH_X86_64'],
  arm64: ['arm64', 'SCMP_ARCH_AARCH64'],
  arm: ['arm', 'SCMP_ARCH_ARM'],
  ia32: ['x86', 'SCMP_ARCH_X86'],
  ppc64: ['ppc64le', 'SCMP_ARCH_PPC64LE'],
  riscv64: ['riscv64', 'SCMP_ARCH_RISCV64'],
  s390x: ['s390x', 'SCMP_ARCH_S390X'],
  loong64: ['loongarch64', 'SCMP_ARCH_LOONGARCH64'],
}

const [condition, nativeArchitecture] = architectures[process.arch] ?? [process.arch, '']

/**
 * `linux.seccomp` of the runtime spec (config-linux.md, "Seccomp"): the profile's rules whose conditions hold on this
 * machine for these capabilities. Undefined for a profile without default action and rules. Throws `invalid_argument`.
 */
export function compileSeccomp(profile: SeccompProfile, capabilities: readonly string[]): object | undefined {
  const { defaultAction, syscalls = [], archMap = [], architectures: named = [], ...rest } = profile
  if (!defaultAction && syscalls.length === 0) return undefined
  if (archMap.length > 0 && named.length > 0) {
    const text = "both 'architectures' and 'archMap' are specified in the seccomp profile"
    throw new StrataError('invalid_argument', `${text}, use either 'architectures' or 'archMap'`)
  }
  const mapped = archMap.find(entry => entry.architecture === nativeArchitecture)
  const native = mapped ? [mapped.architecture, ...(mapped.subArchitectures ?? [])] : named
  const rules = syscalls.filter(
    ({ includes, excludes }) => holds(includes, capabilities) && !hits(excludes, capabilities),
  )
  return {
    defaultAction,
    ...rest,
    ...(native.length > 0 && { architectures: native }),
    syscalls: rules.map(({ name, names, includes: _i, excludes: _e, action, errnoRet, args }) => {
      if (name && names && names.length > 0) {
        const text = "both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'"
        throw new StrataError('invalid_argument', text)
      }
      return {
        names: name ? [name] : (names ?? []),
        action,
        ...(errnoRet !== undefined && { errnoRet }),
        ...(args && args.length > 0 && { args }),
      }
    }),
  }
}

/** All conditions hold. */
function holds(filter: SeccompFilter | undefined | null, capabilities: readonly string[]): boolean {
  if (!filter) return true
  if (filter.arches?.length && !filter.arches.includes(condition)) return false
  if (filter.caps?.some(name => !capabilities.includes(name))) return false
  return !filter.minKernel || atLeast(filter.minKernel)
}

/** Any condition holds. */
function hits(filter: SeccompFilter | undefined | null, capabilities: readonly string[]): boolean {
  if (!filter) return false
  if (filter.arches?.includes(condition)) return true
  if (filter.caps?.some(name => capabilities.includes(name))) return true
  return !!filter.minKernel && atLeast(filter.minKernel)
}

function atLeast(version: string): boolean {
  const [major, minor] = version.split('.').map(Number)
  return kernelAtLeast(major ?? 0, minor ?? 0)
}
