import { type IncomingMessage, request } from 'node:http'
import { finished } from 'node:stream/promises'
import type { Daemon } from '../../e2e/fixtures/daemon.ts'
import { family, mentioning } from '../memory.ts'
import type { Peer, PeerName } from '../row.ts'

const time = 600_000

/** A daemon with the docker CLI as its command line. Disposes of the daemon when it can't be asked what it is. */
export async function enginePeer(name: PeerName, daemon: Daemon): Promise<Peer> {
  const run = async (args: readonly string[]) => {
    const { status, stdout, stderr } = await daemon.docker(args, { timeout: time })
    if (status !== 0) throw new Error(`${name}: docker ${args.join(' ')}: exit status ${status}\n${stdout}${stderr}`)
    return stdout
  }
  const resident = () => [...new Set([...family(daemon.pid), ...mentioning(daemon.root)])]
  const end = async () => {
    const containers = (await run(['ps', '--all', '--quiet'])).split('\n').filter(id => id !== '')
    if (containers.length > 0) await run(['rm', '--force', ...containers])
  }
  try {
    const info = await run(['info', '--format', '{{.ServerVersion}}, {{.Driver}}, {{.DefaultRuntime}}'])
    return {
      name,
      description: info.trim(),
      flags: { pull: [], run: [] },
      run,
      async get(path) {
        const answer = await get(daemon.host, path)
        if (answer.statusCode !== 200) throw new Error(`${name}: ${path}: ${answer.statusCode}`)
        await finished(answer.resume())
      },
      resident,
      working: resident,
      async [Symbol.asyncDispose]() {
        try {
          await end()
        } finally {
          await daemon[Symbol.asyncDispose]()
        }
      },
    }
  } catch (error) {
    await daemon[Symbol.asyncDispose]()
    throw error
  }
}

/** An answer of a daemon's API as soon as it begins, its body still to be read. */
function get(host: string, path: string): Promise<IncomingMessage> {
  const target = { socketPath: host.slice('unix://'.length), path: `/v1.51${path}` }
  return new Promise((resolve, reject) => {
    request(target, resolve).on('error', reject).end()
  })
}
