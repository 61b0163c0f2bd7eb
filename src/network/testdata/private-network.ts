import { spawn } from 'node:child_process'
import { once } from 'node:events'

const inside = 'STRATA_TEST_NETWORK'

/**
 * True when this process is alone in a network namespace of its own. Elsewhere it runs the test file `url` again in a
 * fresh one (so that the machine's interfaces and rules are never touched), passes its outcome on and resolves false.
 */
export async function inPrivateNetwork(path: string): Promise<boolean> {
  if (process.env[inside] !== undefined) return true
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const script = 'ip link set lo up && mount -t sysfs sysfs /sys && exec "$@"'
  const argv = ['--net', '--mount', 'sh', '-c', script, 'sh', process.execPath, '--test-reporter=tap', path]
  const child = spawn('unshare', argv, { env: { ...env, [inside]: '1' }, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', chunk => {
    output += chunk
  })
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`the tests in a network namespace failed:\n${output}`)
  return false
}
