import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** crun's annotation for a compiled filter: base64 of the BPF program that it installs in place of compiling the profile. */
const annotation = 'run.oci.seccomp_bpf_data'
/** Where crun keeps what it compiled, in a container's folder. */
const compiled = 'seccomp.bpf'
const most = 100
const instruction = 8

interface Spec {
  readonly annotations?: Readonly<Record<string, string>>
  readonly linux?: { readonly seccomp?: object }
}

/**
 * What crun made of seccomp profiles. Compiling one takes libseccomp more than all the rest of a start takes crun, and
 * containers have the same profile again and again: it is compiled for the first, and the others get the same program.
 * Kept in memory only, so that nobody but crun and this process ever writes what protects containers.
 */
export class CompiledFilters {
  readonly #programs = new Map<string, string>()

  /** The spec, with the compiled filter of its profile when that is known. None but these is ever given to crun. */
  withFilter(spec: object): object {
    const { annotations, linux } = spec as Spec
    const { [annotation]: _, ...rest } = annotations ?? {}
    const program = linux?.seccomp && this.#programs.get(keyOf(linux.seccomp))
    return { ...spec, annotations: { ...rest, ...(program !== undefined && { [annotation]: program }) } }
  }

  /** Takes what crun compiled for a container of that spec; `folder` is crun's of that container. */
  async learn(spec: object, folder: string): Promise<void> {
    const { linux } = spec as Spec
    if (!linux?.seccomp) return
    const key = keyOf(linux.seccomp)
    if (this.#programs.has(key) || this.#programs.size >= most) return
    // The container may be gone already, and its folder with it.
    const program = await readFile(join(folder, compiled)).catch(() => Buffer.alloc(0))
    if (program.length > 0 && program.length % instruction === 0) this.#programs.set(key, program.toString('base64'))
  }
}

function keyOf(profile: object): string {
  return createHash('sha256').update(JSON.stringify(profile)).digest('base64')
}
