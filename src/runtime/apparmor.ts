import { readFile } from 'node:fs/promises'

const defaultProfile = 'docker-default'

/**
 * `process.apparmorProfile`; undefined where the kernel has no AppArmor. The default profile is used where something has
 * loaded it.
 */
export async function apparmorProfile(wanted: string | undefined, privileged: boolean): Promise<string | undefined> {
  const enabled = await readFile('/sys/module/apparmor/parameters/enabled', 'utf8').catch(() => 'N')
  if (!enabled.startsWith('Y')) return undefined
  if (wanted) return wanted
  if (privileged) return 'unconfined'
  const loaded = await readFile('/sys/kernel/security/apparmor/profiles', 'utf8').catch(() => '')
  return loaded.split('\n').some(line => line.startsWith(`${defaultProfile} `)) ? defaultProfile : undefined
}
