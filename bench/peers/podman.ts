import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execute, succeed } from '../../e2e/fixtures/processes.ts'
import { mentioning } from '../memory.ts'
import type { Peer } from '../row.ts'

const time = 600_000
/** Its own limits are higher than what a machine without CAP_SYS_RESOURCE may set. */
const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024']

/** podman, on roots of its own, with the runtime that the others have. It has no daemon. */
export async function podman(): Promise<Peer> {
  const root = await mkdtemp(join(tmpdir(), 'strata-podman-'))
  const networks = join(root, 'networks')
  await mkdir(networks)
  const storage = ['--root', join(root, 'data'), '--runroot', join(root, 'run'), '--storage-driver', 'overlay']
  const prefix = [
    'podman',
    ...storage,
    '--network-config-dir',
    networks,
    '--cgroup-manager',
    'cgroupfs',
    '--runtime',
    'runc',
  ]
  const run = (args: readonly string[]) => succeed([...prefix, ...args], { timeout: time })
  const working = () => mentioning(root)
  const end = async () => {
    await execute([...prefix, 'rm', '--all', '--force', '--time', '0'], { timeout: time })
    await execute(['umount', '--recursive', join(root, 'data/overlay')]) // its own mount, kept by design
    await rm(root, { recursive: true, force: true, maxRetries: 20 })
  }
  try {
    const format = '{{.Version.Version}}, {{.Store.GraphDriverName}}, {{.Host.OCIRuntime.Name}}'
    const description = (await run(['info', '--format', format])).trim()
    return {
      name: 'podman',
      description,
      flags: { pull: ['--tls-verify=false'], run: limits },
      run,
      resident: () => [],
      working,
      [Symbol.asyncDispose]: end,
    }
  } catch (error) {
    await end()
    throw error
  }
}
