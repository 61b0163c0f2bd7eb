import { spawn } from 'node:child_process'
import { once } from 'node:events'

const inside = 'STRATA_TEST_NETWORK'
/** The first ports of those that a driver chooses from: no connection of a test gets one of them by chance. */
const chosen = '32768-32867'

/**
 * True when this process is alone in a network namespace of its own. Elsewhere it runs the test file `path` again in a
 * fresh one (so that the machine's interfaces and rules are never touched), takes over its outcome and resolves false.
 */
export async function inPrivateNetwork(path: string): Promise<boolean> {
  if (process.env[inside] !== undefined) return true
  const reserve = `echo ${chosen} >/proc/sys/net/ipv4/ip_local_reserved_ports`
  const script = `ip link set lo up && ${reserve} && mount -t sysfs sysfs /sys && exec "$@"`
  const argv = ['--net', '--mount', 'sh', '-c', script, 'sh', process.execPath, ...process.execArgv, path]
  const child = spawn('unshare', argv, { env: { ...process.env, [inside]: '1' }, stdio: 'inherit' })
  const [status] = await once(child, 'close')
  process.exitCode = status ?? 1
  return false
}
