import { unlink, writeFile } from 'node:fs/promises'
import { createApiServer, parseAddress } from '../api/index.ts'
import { createLogger, KeyedLock, messageOf } from '../std/index.ts'
import { type DaemonFlags, mergeConfig, proxiesOf, readConfigFile } from './daemon-config.ts'
import { wireEngine } from './wire-engine.ts'

const DEFAULT_FILE = '/etc/strata/daemon.json'

/** commander's names of the flags -> keys of the configuration file. */
const flagKeys: Readonly<Record<string, string>> = {
  host: 'hosts',
  dataRoot: 'data-root',
  execRoot: 'exec-root',
  pidfile: 'pidfile',
  logLevel: 'log-level',
  storageDriver: 'storage-driver',
  bridge: 'bridge',
  bip: 'bip',
  insecureRegistry: 'insecure-registries',
  registryMirror: 'registry-mirrors',
  certsDir: 'certs-dir',
  httpProxy: 'http-proxy',
  httpsProxy: 'https-proxy',
  noProxy: 'no-proxy',
  dns: 'dns',
  cgroupParent: 'cgroup-parent',
  defaultRuntime: 'default-runtime',
  liveRestore: 'live-restore',
  label: 'labels',
  maxConcurrentDownloads: 'max-concurrent-downloads',
  maxConcurrentUploads: 'max-concurrent-uploads',
  imageUndoPeriod: 'image-undo-period',
  shutdownTimeout: 'shutdown-timeout',
}

/**
 * Runs the engine until SIGTERM or SIGINT; a second signal ends it at once. SIGHUP makes it read its configuration file again:
 * see `ReloadableConfig` of the engine for what counts from then on.
 */
export async function runEngine(flags: Readonly<Record<string, unknown>>): Promise<void> {
  // As dockerd: what is made for containers has the same modes wherever the engine was started from.
  process.umask(0o022)
  const path = typeof flags.configFile === 'string' ? flags.configFile : DEFAULT_FILE
  const given: DaemonFlags = Object.fromEntries(
    Object.entries(flagKeys)
      .map(([flag, key]) => [key, flags[flag]] as const)
      .filter(([, value]) => value !== undefined),
  )
  const readConfig = async () => mergeConfig(await readConfigFile(path, flags.configFile !== undefined), given)
  const config = await readConfig()
  const log = await createLogger(config.logLevel)
  const opening = wireEngine(config, { log, proxies: proxiesOf(config, process.env) })
  const reloading = new KeyedLock()
  const reload = async () => {
    using _turn = await reloading.acquire('')
    try {
      const { engine } = await opening
      engine.reload(await readConfig())
      log.info({ file: path }, 'reloaded the configuration')
    } catch (error) {
      log.error(
        { file: path, problem: messageOf(error) },
        'the configuration is not reloaded: the old one still counts',
      )
    }
  }
  process.on('SIGHUP', () => void reload())
  await using wired = await opening
  const server = createApiServer({ backends: wired.engine, log, version: wired.version })
  const { promise: ended, resolve: end } = Promise.withResolvers<string>()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      end(signal)
      process.once(signal, () => process.exit(1))
    })
  }
  for (const host of config.hosts) await server.listen(parseAddress(host))
  if (config.pidfile) await writeFile(config.pidfile, `${process.pid}\n`)
  log.info({ hosts: config.hosts, dataRoot: config.dataRoot, storageDriver: wired.storageDriver }, 'engine is ready')
  log.info({ signal: await ended }, 'engine is closing')
  await wired.engine.close()
  await server.close()
  if (config.pidfile) await unlink(config.pidfile)
}
