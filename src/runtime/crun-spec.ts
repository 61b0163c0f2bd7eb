import { statSync } from 'node:fs'

interface SpecMount {
  readonly type?: string
  readonly source?: string
  readonly options?: readonly string[]
}

/**
 * A spec as crun can carry it out: `rro`, read-only with all that is mounted below, it takes for folders only. Nothing is
 * mounted below a file, so there it is `ro`.
 */
export function crunSpec(spec: object): object {
  const { mounts = [] } = spec as { readonly mounts?: readonly SpecMount[] }
  return { ...spec, mounts: mounts.map(mount => (isFile(mount) ? { ...mount, options: plain(mount.options) } : mount)) }
}

function isFile({ source, options = [] }: SpecMount): boolean {
  if (!options.includes('rro') || source === undefined) return false
  return statSync(source, { throwIfNoEntry: false })?.isDirectory() === false
}

function plain(options: readonly string[] = []): string[] {
  return options.map(option => (option === 'rro' ? 'ro' : option))
}
