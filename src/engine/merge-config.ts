import { hostname } from 'node:os'
import type { ContainerConfig, HealthConfig, HostConfig } from '../apitypes/index.ts'
import type { ContainerDefaults } from '../oci/index.ts'
import { cleanPath } from './clean-path.ts'

/**
 * What a container runs: the image's defaults under the user's wishes, and what the container's own settings say of it.
 */
export function mergeConfig(
  user: ContainerConfig,
  image: ContainerDefaults,
  { id, hostConfig }: { readonly id: string; readonly hostConfig: HostConfig },
): ContainerConfig {
  const merged = mergeDefaults(user, image)
  const ownName = hostConfig.NetworkMode === 'host' ? hostname() : id.slice(0, 12)
  return {
    ...merged,
    Hostname: user.Hostname || ownName,
    WorkingDir: merged.WorkingDir && cleanPath(merged.WorkingDir),
  }
}

/**
 * Defaults under wishes, by Docker's rules: env and labels are united, an entrypoint of the user's discards the defaults'
 * command, exposed ports and volumes are united, time to stop and shell are the user's alone, everything else is the
 * user's when said.
 */
export function mergeDefaults(user: ContainerConfig, defaults: ContainerDefaults): ContainerConfig {
  let entrypoint = user.Entrypoint
  let command = user.Cmd
  if (entrypoint === null || entrypoint.length === 0) {
    if (command === null || command.length === 0) command = defaults.Cmd ?? null
    if (entrypoint === null) entrypoint = defaults.Entrypoint ?? null
  } else if (entrypoint.length === 1 && entrypoint[0] === '') {
    entrypoint = null
  }
  const exposed = { ...defaults.ExposedPorts, ...user.ExposedPorts }
  const volumes = { ...defaults.Volumes, ...user.Volumes }
  const healthcheck = mergeHealthcheck(user.Healthcheck, defaults.Healthcheck ?? undefined)
  const stopSignal = user.StopSignal || defaults.StopSignal
  const { Healthcheck: _h, StopSignal: _s, ExposedPorts: _e, ...rest } = user
  return {
    ...rest,
    User: user.User || (defaults.User ?? ''),
    ...(Object.keys(exposed).length > 0 ? { ExposedPorts: exposed } : {}),
    Env: user.Env?.length ? mergeEnv(user.Env, defaults.Env ?? []) : (defaults.Env ?? null),
    Cmd: command,
    Entrypoint: entrypoint,
    Volumes: Object.keys(volumes).length > 0 ? volumes : (defaults.Volumes ?? null),
    WorkingDir: user.WorkingDir || (defaults.WorkingDir ?? ''),
    Labels: { ...defaults.Labels, ...user.Labels },
    ...(healthcheck ? { Healthcheck: healthcheck } : {}),
    ...(stopSignal ? { StopSignal: stopSignal } : {}),
  }
}

const keyOf = (entry: string) => entry.slice(0, entry.includes('=') ? entry.indexOf('=') : undefined)

/** The user's variables, then those of the image that the user did not name; a bare name stays, to remove what others give. */
function mergeEnv(user: readonly string[], image: readonly string[]): readonly string[] {
  const named = new Set(user.map(keyOf))
  return [...user, ...image.filter(entry => !named.has(keyOf(entry)))]
}

function mergeHealthcheck(user: HealthConfig | undefined, image: HealthConfig | undefined): HealthConfig | undefined {
  if (!user) return image
  if (!image) return user
  const said = Object.entries(user).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value))
  return { ...image, ...Object.fromEntries(said) }
}
