import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEngine } from './fixtures/engine.ts'
import { debianImage, prepareDebian, webImage } from './fixtures/images.ts'
import { freePort } from './fixtures/processes.ts'
import { pushImage } from './fixtures/push.ts'
import { startRegistry } from './fixtures/registry.ts'

/** Shows the main job on real input: a Debian image from a real registry, pulled and run by the real docker CLI. */
const say = (text: string) => process.stdout.write(`${text}\n`)

say('# making a Debian image with debootstrap (once for this machine) and starting a registry')
await prepareDebian()
const root = await mkdtemp(join(tmpdir(), 'strata-demo-'))
try {
  await using registry = await startRegistry({ root: join(root, 'registry') })
  await pushImage(registry, 'debian:bookworm', await debianImage({ into: root }))
  await pushImage(registry, 'web:latest', await webImage({ into: root }))
  say('# starting the engine: bin/strata engine --host unix://…')
  await using engine = await startEngine({ logLevel: 'warn' })
  const debian = `${registry.host}/debian:bookworm`
  const port = String(await freePort())
  const commands = [
    ['version', '--format', '{{.Server.Version}} (API {{.Server.APIVersion}})'],
    ['pull', debian],
    ['images'],
    ['run', '--rm', debian, 'cat', '/etc/os-release'],
    ['run', '-d', '--name', 'web', '-p', `127.0.0.1:${port}:80`, `${registry.host}/web:latest`],
    ['ps', '--format', 'table {{.Names}}\t{{.Status}}\t{{.Ports}}'],
    ['exec', 'web', 'cat', '/srv/index.html'],
    ['rm', '-f', 'web'],
    ['rmi', debian, `${registry.host}/web:latest`],
  ]
  for (const args of commands) {
    say(`$ docker ${args.map(arg => (/[\s{]/.test(arg) ? `'${arg}'` : arg)).join(' ')}`)
    const { stdout, stderr, status } = await engine.docker(args)
    process.stdout.write(stdout + stderr)
    if (status !== 0) throw new Error(`docker ${args[0]} failed with exit code ${status}`)
    if (args.includes('ps')) {
      const url = `http://127.0.0.1:${port}/`
      say(`$ curl ${url}`)
      process.stdout.write(await (await fetch(url)).text())
    }
  }
  await engine.stop()
  const leaks = await engine.leaks()
  if (leaks.length > 0) throw new Error(`left behind: ${leaks.join(', ')}`)
  say('# everything that was started is gone again')
} finally {
  await rm(root, { recursive: true, force: true })
}
