/** Docker's PATH of Linux containers. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Joins environments of `KEY=value`: of equal keys the last value stands, in the first one's place; `KEY` alone removes it.
 */
export function mergeEnvironment(...environments: readonly (readonly string[])[]): string[] {
  const merged = new Map<string, string>()
  for (const variable of environments.flat()) {
    const [key = ''] = variable.split('=', 1)
    if (variable.includes('=')) merged.set(key, variable)
    else merged.delete(key)
  }
  return [...merged.values()]
}
