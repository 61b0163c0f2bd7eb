import { endianness } from 'node:os'
import { StrataError } from '../std/index.ts'
import type { Platform } from './oci.ts'

/**
 * Platform specifiers as users write them (`linux/arm64/v8`, `arm64`, `linux`), in the grammar of containerd's
 * `platforms` package, which Docker's `--platform` follows.
 */
const COMPONENT = '^[A-Za-z0-9_.-]+$'
const OS_COMPONENT = '^([A-Za-z0-9_-]+)(?:\\(([A-Za-z0-9_.%-]*)((?:\\+[A-Za-z0-9_.%-]+)*)\\))?$'
const component = new RegExp(COMPONENT)
const osComponent = new RegExp(OS_COMPONENT)

const words = (text: string) => new Set(text.split(' '))
const knownSystems = words(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos',
)
const knownArchitectures = words(
  '386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm',
)

function normalizeOS(os: string): string {
  const lower = os.toLowerCase()
  if (lower === '') return 'linux'
  return lower === 'macos' ? 'darwin' : lower
}

function normalizeArchitecture(name: string, level: string): [architecture: string, variant: string] {
  const architecture = name.toLowerCase()
  const variant = level.toLowerCase()
  switch (architecture) {
    case 'i386':
      return ['386', '']
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return ['amd64', variant === 'v1' ? '' : variant]
    case 'aarch64':
    case 'arm64':
      return ['arm64', variant === '8' || variant === 'v8' ? '' : variant]
    case 'armhf':
      return ['arm', 'v7']
    case 'armel':
      return ['arm', 'v6']
    case 'arm':
      if (variant === '') return ['arm', 'v7']
      return ['arm', /^[5-8]$/.test(variant) ? `v${variant}` : variant]
    default:
      return [architecture, variant]
  }
}

function build(os: string, architecture: string, variant: string, options: SystemOptions = {}): Platform {
  return { os, architecture, ...(variant && { variant }), ...options }
}

type SystemOptions = Pick<Platform, 'os.version' | 'os.features'>

function optionsOf(version: string, features: readonly string[]): SystemOptions {
  return { ...(version && { 'os.version': version }), ...(features.length > 0 && { 'os.features': features }) }
}

/** `windows(10.0.17763+win32k)`: the version and features within the brackets, percent-encoded. */
function parseOptions(version: string, features: string, specifier: string): SystemOptions {
  try {
    return optionsOf(decodeURIComponent(version), features.split('+').slice(1).map(decodeURIComponent))
  } catch (cause) {
    throw new StrataError('invalid_argument', `${specifier} has an invalid OS version ${JSON.stringify(version)}`, {
      cause,
    })
  }
}

/** The canonical form: `x86_64` becomes `amd64`, `aarch64/8` becomes `arm64`, `arm` becomes `arm/v7`. */
export function normalizePlatform(platform: Platform): Platform {
  const [architecture, variant] = normalizeArchitecture(platform.architecture, platform.variant ?? '')
  const features = [...new Set(platform['os.features'])]
  return build(normalizeOS(platform.os), architecture, variant, optionsOf(platform['os.version'] ?? '', features))
}

/** What a user means by `<os>`, `<architecture>` or `<os>/<architecture>[/<variant>]`. Throws `invalid_argument` with Docker's text. */
export function parsePlatform(text: string): Platform {
  const quoted = JSON.stringify(text)
  const invalid = (message: string) => new StrataError('invalid_argument', `${message}: invalid argument`)
  if (text.includes('*')) throw invalid(`${quoted}: wildcards not yet supported`)
  const parts = text.split('/', 5)
  const system = osComponent.exec(parts[0]!)
  if (!system) {
    const part = JSON.stringify(parts[0])
    const pattern = JSON.stringify(OS_COMPONENT)
    throw invalid(
      `${part} is an invalid OS component of ${quoted}: OSAndVersion specifier component must match ${pattern}`,
    )
  }
  for (const part of parts.slice(1)) {
    if (component.test(part)) continue
    const pattern = JSON.stringify(COMPONENT)
    throw invalid(
      `${JSON.stringify(part)} is an invalid component of ${quoted}: platform specifier component must match ${pattern}`,
    )
  }
  const os = normalizeOS(system[1]!)
  const options = parseOptions(system[2] ?? '', system[3] ?? '', quoted)
  if (parts.length === 1) {
    if (knownSystems.has(os)) {
      const host = hostPlatform()
      return build(os, host.architecture, plain(host.architecture, host.variant ?? ''), options)
    }
    const [architecture, variant] = normalizeArchitecture(parts[0]!, '')
    if (!knownArchitectures.has(architecture)) throw invalid(`${quoted}: unknown operating system or architecture`)
    return build('linux', architecture, plain(architecture, variant))
  }
  if (parts.length === 2) {
    const [architecture, variant] = normalizeArchitecture(parts[1]!, '')
    return build(os, architecture, plain(architecture, variant), options)
  }
  if (parts.length === 3) {
    const [architecture, variant] = normalizeArchitecture(parts[1]!, parts[2]!)
    return build(os, architecture, architecture === 'arm64' && variant === '' ? 'v8' : variant, options)
  }
  throw invalid(`${quoted}: cannot parse platform specifier`)
}

/** Several platforms: a list of what {@link parsePlatform} reads, or `all` alone. Throws as that does. */
export function parsePlatforms(texts: readonly string[]): 'all' | readonly Platform[] {
  return texts.length === 1 && texts[0] === 'all' ? 'all' : texts.map(parsePlatform)
}

/** Users who don't name a variant don't see the default one. */
function plain(architecture: string, variant: string): string {
  return architecture === 'arm' && variant === 'v7' ? '' : variant
}

/** `linux/arm64/v8`; `unknown` without an operating system. */
export function formatPlatform(platform: Platform): string {
  if (platform.os === '') return 'unknown'
  return [platform.os, platform.architecture, platform.variant ?? ''].filter(part => part !== '').join('/')
}

const architectures: Readonly<Partial<Record<NodeJS.Architecture, string>>> = {
  x64: 'amd64',
  ia32: '386',
  mips: 'mips',
  mipsel: 'mipsle',
  ppc64: endianness() === 'LE' ? 'ppc64le' : 'ppc64',
}

/** Whether an image that says it is for `os`, in any case, is for this machine's; one that says nothing is. */
export function isHostSystem(os: string): boolean {
  return os === '' || os.toLowerCase() === hostPlatform().os
}

/** What this machine runs. */
export function hostPlatform(): Platform {
  const architecture = architectures[process.arch] ?? process.arch
  if (architecture !== 'arm') return build('linux', architecture, '')
  const { arm_version: version } = process.config.variables as { readonly arm_version?: string }
  return build('linux', 'arm', `v${version ?? '7'}`)
}
