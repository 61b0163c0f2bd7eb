import { hostname } from 'node:os'
import { type EngineContext, publish } from './context.ts'
import type { ReloadableConfig } from './parts.ts'

/**
 * From now on these settings count, in place of all that they had before, and an event tells them. What is under way goes on
 * as it began. Throws `invalid_argument` for settings that can't be followed, with nothing changed.
 */
export function reload(context: EngineContext, config: ReloadableConfig): void {
  const { resolver, puller, pusher } = context
  const wanted = reloadable(config)
  const { insecureRegistries, registryMirrors, registries } = wanted
  resolver.configure({ insecureRegistries, mirrors: registryMirrors, registries })
  puller.setLimits(wanted)
  pusher.setLimits(wanted)
  context.config = { ...context.config, ...wanted }
  publish(context, 'daemon', 'reload', context.instanceId, {
    'insecure-registries': JSON.stringify(insecureRegistries),
    labels: JSON.stringify(wanted.labels),
    'live-restore': String(wanted.liveRestore),
    'max-concurrent-downloads': String(wanted.maxConcurrentDownloads),
    'max-concurrent-uploads': String(wanted.maxConcurrentUploads),
    'max-download-attempts': String(wanted.maxDownloadAttempts),
    name: hostname(),
    'registry-mirrors': JSON.stringify(registryMirrors),
    'shutdown-timeout': String(wanted.shutdownTimeout),
  })
}

/** Nothing else of what a whole configuration has. */
function reloadable(config: ReloadableConfig): ReloadableConfig {
  const { insecureRegistries, registryMirrors, registries, pullPlatforms, labels, liveRestore, shutdownTimeout } =
    config
  const { maxConcurrentDownloads, maxDownloadAttempts, maxConcurrentUploads, maxUploadAttempts } = config
  return {
    ...{ insecureRegistries, registryMirrors, registries, pullPlatforms, labels, liveRestore, shutdownTimeout },
    ...{ maxConcurrentDownloads, maxDownloadAttempts, maxConcurrentUploads, maxUploadAttempts },
  }
}
