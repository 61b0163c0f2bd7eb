import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEngine } from './fixtures/engine.ts'
import { debianImage, prepareDebian, webImage } from './fixtures/images.ts'
import { execute, freePort } from './fixtures/processes.ts'
import { pushImage } from './fixtures/push.ts'
import { startRegistry } from './fixtures/registry.ts'

const launcher = join(import.meta.dirname, '../bin/strata')

/**
 * Shows the main jobs on real input: a Debian image from a real registry, pulled, run, changed, kept, pushed and brought
 * back by the real docker CLI and by strata's own commands.
 */
const say = (text: string) => process.stdout.write(`${text}\n`)

say('# making a Debian image with debootstrap (once for this machine) and starting a registry')
await prepareDebian()
const root = await mkdtemp(join(tmpdir(), 'strata-demo-'))
try {
  await using registry = await startRegistry({ root: join(root, 'registry') })
  await pushImage(registry, 'debian:bookworm', await debianImage({ into: root }))
  await pushImage(registry, 'web:latest', await webImage({ into: root }))
  say('# starting the engine: bin/strata engine --host unix://…')
  await using engine = await startEngine({ logLevel: 'warn', undoPeriod: 3600 })
  const debian = `${registry.host}/debian:bookworm`
  const port = String(await freePort())
  const mine = `${registry.host}/mine:1`
  const archive = join(root, 'mine.tar')
  const commands = [
    ['docker', 'version', '--format', '{{.Server.Version}} (API {{.Server.APIVersion}})'],
    ['docker', 'pull', debian],
    ['docker', 'images'],
    ['docker', 'run', '--rm', debian, 'cat', '/etc/os-release'],
    ['docker', 'run', '-d', '--name', 'web', '-p', `127.0.0.1:${port}:80`, `${registry.host}/web:latest`],
    ['docker', 'ps', '--format', 'table {{.Names}}\t{{.Status}}\t{{.Ports}}'],
    ['docker', 'exec', 'web', 'cat', '/srv/index.html'],
    ['docker', 'rm', '-f', 'web'],
    ['docker', 'run', '--name', 'change', debian, 'sh', '-c', 'echo hello > /etc/motd; rm -r /usr/share/doc'],
    ['docker', 'commit', '-m', 'no documentation', 'change', mine],
    ['docker', 'rm', 'change'],
    ['strata', 'image', 'layers', mine],
    ['strata', 'image', 'diff', '--summary', debian, mine],
    ['docker', 'push', mine],
    ['docker', 'save', '-o', archive, mine],
    ['docker', 'rmi', mine],
    ['strata', 'image', 'restore'],
    ['strata', 'image', 'restore', mine],
    ['docker', 'load', '-i', archive],
    ['docker', 'system', 'df'],
    ['docker', 'rmi', mine, debian, `${registry.host}/web:latest`],
  ] as const
  for (const [program, ...args] of commands) {
    say(`$ ${program} ${args.map(arg => (/[\s{]/.test(arg) ? `'${arg}'` : arg)).join(' ')}`)
    const command = program === 'docker' ? 'docker' : launcher
    const { stdout, stderr, status } = await execute([command, ...args], { env: engine.env, timeout: 120_000 })
    process.stdout.write(stdout + stderr)
    if (status !== 0) throw new Error(`${program} ${args[0]} failed with exit code ${status}`)
    if (args[0] === 'ps') {
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
