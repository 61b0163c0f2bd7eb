import type { HostConfig } from '../../apitypes/index.ts'
import type { MachineLimits } from '../../host/index.ts'

/** Finds the ID of the container that a user names; undefined when there is none. */
export type FindId = (name: string) => string | undefined

/** A checked host config with Docker's defaults filled in: what is kept of it and shown. */
export function adaptHostConfig(
  asked: HostConfig,
  { machine, findId }: { readonly machine: MachineLimits; readonly findId: FindId },
): HostConfig {
  const { Memory, MemorySwap, RestartPolicy } = asked
  return {
    ...asked,
    ...(Memory > 0 && MemorySwap === 0 && { MemorySwap: 2 * Memory }),
    ...(RestartPolicy.Name === '' && { RestartPolicy: { ...RestartPolicy, Name: 'no' } }),
    ...(asked.OomKillDisable === null && machine.known.has('oomKillDisable') && { OomKillDisable: false }),
    NetworkMode: withId(asked.NetworkMode, findId),
    PidMode: withId(asked.PidMode, findId),
    IpcMode: withId(asked.IpcMode, findId),
    SecurityOpt: withoutLabels(asked),
  }
}

/** The other container is meant, whatever it will be named. */
function withId(mode: string, findId: FindId): string {
  const [, name] = /^container:(.+)$/.exec(mode) ?? []
  const id = name === undefined ? undefined : findId(name)
  return id === undefined ? mode : `container:${id}`
}

/** What shares namespaces with the host has no SELinux label. */
function withoutLabels({ SecurityOpt, PidMode, IpcMode, Privileged }: HostConfig): readonly string[] | null {
  if (PidMode !== 'host' && IpcMode !== 'host' && !Privileged) return SecurityOpt
  if ((SecurityOpt ?? []).some(option => /^label[=:]/.test(option))) return SecurityOpt
  return [...(SecurityOpt ?? []), 'label=disable']
}
