import { readFile } from 'node:fs/promises'
import { arch } from 'node:os'

/**
 * What each level of x86-64 adds, in the kernel's words (x86-64 psABI, "Micro-Architecture Levels"). LZCNT is not looked at:
 * not all kernels tell of it, and what has BMI2 has it.
 */
const levels: readonly (readonly [level: string, flags: readonly string[]])[] = [
  ['v2', ['cx16', 'lahf_lm', 'pni', 'popcnt', 'sse4_1', 'sse4_2', 'ssse3']],
  ['v3', ['avx', 'avx2', 'bmi1', 'bmi2', 'f16c', 'fma', 'movbe', 'xsave']],
  ['v4', ['avx512bw', 'avx512cd', 'avx512dq', 'avx512f', 'avx512vl']],
]

/** The highest level of its architecture that this machine's processor has, as platforms name it; empty for the lowest. */
export async function cpuLevel(): Promise<string> {
  if (arch() === 'arm64') return 'v8'
  return arch() === 'x64' ? amd64Level(await readFile('/proc/cpuinfo', 'utf8')) : ''
}

/** Of the first processor in the text of /proc/cpuinfo. */
export function amd64Level(cpuinfo: string): string {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.split(' '))
  let highest = ''
  for (const [level, needed] of levels) {
    if (!needed.every(flag => flags.has(flag))) break
    highest = level
  }
  return highest
}
