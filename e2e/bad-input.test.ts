import assert from 'node:assert/strict'
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { closedPort, TestRegistry } from '../src/remotes/testdata/registry.ts'
import { serveBadImages } from './bad-input/images.ts'
import { requests } from './bad-input/requests.ts'
import { call } from './fixtures/call.ts'
import { type Engine, startEngine } from './fixtures/engine.ts'
import { isolated } from './fixtures/isolation.ts'
import { execute, succeed } from './fixtures/processes.ts'
import { createRandom } from './fixtures/random.ts'

const strata = join(import.meta.dirname, '../bin/strata')
const limit = 20_000_000
const zeros = '0'.repeat(64)

if (await isolated(import.meta.filename)) {
  const root = await mkdtemp(join(tmpdir(), 'strata-bad-input-'))
  const registry = await new TestRegistry().start()
  const images = await serveBadImages(registry, { root, random: createRandom(1) })
  const layer = (name: string) => images[name]!.blobs.at(-1)!
  const contentOf = (name: string) => Buffer.from(layer(name).content as Uint8Array)
  registry.faults.set(layer('wrong-digest').digest, { bytes: Buffer.alloc(layer('wrong-digest').size, 'x') })
  registry.faults.set(layer('wrong-gzip').digest, { bytes: contentOf('cut-off') })
  registry.faults.set(layer('truncated').digest, { bytes: contentOf('truncated').subarray(0, 100_000) })
  registry.faults.set(layer('cut-off').digest, { cutAfter: () => 0 })
  registry.blobs.delete(layer('missing-blob').digest)
  await writeFile(join(root, 'config.json'), JSON.stringify({ 'max-layer-size': limit, 'max-download-attempts': 2 }))
  const engine = await startEngine({ flags: ['--config-file', join(root, 'config.json')] })
  const of = (name: string) => `${registry.host}/${name}`
  const good = of('good')
  after(async () => {
    try {
      await engine.docker(['rmi', '-f', good, of('escaping'), of('dots'), of('devices')])
      await engine.stop()
      assert.deepEqual(await engine.leaks(), [])
    } finally {
      await engine[Symbol.asyncDispose]()
      await registry.stop()
      await rm(root, { recursive: true, force: true })
    }
  })

  /** Docker's exit status and what it says, for one command. */
  const refuses = async (args: readonly string[], status: number, message: string | RegExp) => {
    const outcome = await engine.docker(args)
    const said = outcome.stderr.replaceAll(`\n\nRun 'docker run --help' for more information`, '').trim()
    if (typeof message === 'string') assert.equal(said, message)
    else assert.match(said, message)
    assert.equal(outcome.status, status)
  }
  const from = 'Error response from daemon: '

  /** Names of images by what dockerd 28.5 says when they are pulled. */
  const pulls: Readonly<Record<string, string | RegExp>> = {
    [of('nothing')]: `${from}manifest for ${of('nothing')}:latest not found: manifest unknown: manifest unknown`,
    [`${good}:nothing`]: `${from}manifest for ${good}:nothing not found: manifest unknown: manifest unknown`,
    [`${good}@sha256:${zeros}`]: `${from}manifest for ${good}@sha256:${zeros} not found: manifest unknown: manifest unknown`,
    [of('Good')]: 'invalid reference format: repository name (Good) must be lowercase',
    [of('wrong-digest')]: `filesystem layer verification failed for digest ${layer('wrong-digest').digest}`,
    [of('wrong-gzip')]: `filesystem layer verification failed for digest ${layer('wrong-gzip').digest}`,
    [of('truncated')]: `filesystem layer verification failed for digest ${layer('truncated').digest}`,
    [of('cut-off')]: /unexpected EOF$/,
    [of('missing-blob')]: 'unknown blob',
    // What comes after these words is Go's, or of another program, in dockerd.
    [of('corrupt-gzip')]: /^failed to register layer: gzip: invalid checksum/,
    [of('cut-gzip')]: /^failed to register layer: unexpected EOF/,
    [of('no-gzip')]: /^failed to register layer: archive\/tar: invalid tar header/,
    [of('no-tar')]: /^failed to register layer: archive\/tar: invalid tar header/,
    [of('cut-tar')]: /^failed to register layer: unexpected EOF/,
    [of('wrong-diff-id')]: "layers from manifest don't match image configuration",
    [of('link-out')]: /^failed to register layer: /,
    [of('strange-config')]: 'unsupported media type application/vnd.example.config+json',
    [of('strange-layer')]: 'unsupported media type application/vnd.example.layer',
    // dockerd has no such limits, or takes these for manifests of another age.
    [of('bomb')]: `failed to register layer: decompressed layer is larger than ${limit} bytes`,
    [of('large-manifest')]: `${from}manifest of ${of('large-manifest')}:latest is larger than 4 MiB`,
    [of('strange-manifest')]:
      /^Error response from daemon: if present, mediaType in manifest should be '.*' not 'application\/vnd.example.strange\+json'$/,
    [of('no-json')]: /^Error response from daemon: manifest is not valid JSON/,
  }
  for (const [name, message] of Object.entries(pulls)) {
    const shown = name.replace(`${registry.host}/`, '').replace(zeros, '0…')
    test(`pull ${shown}: refused, nothing kept`, async () => {
      await refuses(['pull', '-q', name], 1, message)
      const tags = (await engine.docker(['images', '--format', '{{.Repository}}'])).stdout.split('\n')
      assert.ok(!tags.includes(name.split(':')[0]!))
      assert.deepEqual(await readdir(join(engine.dataRoot, 'content/ingests')), [])
      await unharmed(engine, good)
    })
  }

  test('a registry that does not listen', async () => {
    const host = `127.0.0.1:${await closedPort()}`
    const message = `${from}Get "http://${host}/v2/": dial tcp ${host}: connect: connection refused`
    await refuses(['pull', '-q', `${host}/x`], 1, message)
  })

  test('a platform that the image has not', async () => {
    await refuses(
      ['pull', '-q', '--platform', 'linux/s390x', of('index')],
      1,
      `no matching manifest for linux/s390x in the manifest list entries`,
    )
    const path = `/images/create?fromImage=${encodeURIComponent(good)}&tag=latest&platform=a/b/c/d`
    const { status, body } = await call(engine, 'POST', path)
    assert.deepEqual(
      [status, body.toString().trim()],
      [400, JSON.stringify({ message: '"a/b/c/d": cannot parse platform specifier: invalid argument' })],
    )
  })

  test('a tar that wants out of the root stays in it', async () => {
    const before = await outside()
    const list = `find / -xdev \\( -name 'strata-escape*' -o -path '/trap/*' \\) | sort | while read -r f; do echo "$f $(readlink $f || cat $f)"; done; grep -c root: /etc/passwd`
    const view = async (name: string) =>
      (await succeed(['docker', 'run', '--rm', of(name), 'sh', '-c', list], { env: engine.env })).split('\n')
    assert.deepEqual(await view('dots'), [
      '/strata-escape-dots by dots',
      '/tmp/strata-escape-deep by many dots',
      '1',
      '',
    ])
    assert.deepEqual(await view('escaping'), [
      '/tmp/strata-escape-absolute absolute',
      '/tmp/strata-escape-relative through a relative symlink',
      '/tmp/strata-escape-symlink through an absolute symlink',
      '/trap/out /tmp',
      '/trap/passwd in place of a symlink',
      '/trap/up ../../../../../../tmp',
      '1',
      '',
    ])
    assert.deepEqual(await outside(), before)
    await unharmed(engine, good)
  })

  test('device nodes of a layer are there, and open to privileged containers only', async () => {
    const script =
      'ls -l /nodes | tail -4 | cut -c1; echo x > /nodes/null; echo null $?; head -c 1 /nodes/kmsg >/dev/null 2>&1; echo kmsg $?; head -c 1 /nodes/loop >/dev/null 2>&1; echo loop $?'
    const run = async (...flags: string[]) =>
      (
        await succeed(['docker', 'run', '--rm', ...flags, of('devices'), 'sh', '-c', script], { env: engine.env })
      ).split('\n')
    const kinds = ['p', 'c', 'b', 'c', 'null 0']
    assert.deepEqual(await run(), [...kinds, 'kmsg 1', 'loop 1', ''])
    assert.deepEqual((await run('--privileged')).slice(0, 6), [...kinds, 'kmsg 0'])
  })

  test('commands that can not be run', async () => {
    const failed = `docker: ${from}failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: `
    await refuses(
      ['run', '--rm', good, 'nothing-here'],
      127,
      `${failed}exec: "nothing-here": executable file not found in $PATH`,
    )
    await refuses(
      ['run', '--rm', good, '/srv/not-executable'],
      126,
      `${failed}exec: "/srv/not-executable": permission denied`,
    )
    assert.equal((await engine.docker(['ps', '-aq'])).stdout, '')
  })

  test('names and ports that are taken', async () => {
    const id = (
      await succeed(['docker', 'run', '-d', '--name', 'one', '-p', '18080:80', good, 'sleep', '100'], {
        env: engine.env,
      })
    ).trim()
    try {
      const conflict = `Conflict. The container name "/one" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`
      await refuses(['run', '--name', 'one', good, 'true'], 125, `docker: ${from}${conflict}`)
      const again = await call(engine, 'POST', '/containers/create?name=one', { body: { Image: good, Cmd: ['true'] } })
      assert.deepEqual([again.status, again.json()], [409, { message: conflict }])
      await refuses(
        ['run', '--name', 'two', '-p', '18080:80', good, 'true'],
        125,
        /^docker: Error response from daemon: failed to set up container networking: driver failed programming external connectivity on endpoint two \([0-9a-f]{64}\): Bind for 0\.0\.0\.0:18080 failed: port is already allocated$/,
      )
      assert.equal(
        await succeed(['docker', 'ps', '-a', '--filter', 'name=two', '--format', '{{.State}}'], { env: engine.env }),
        'created\n',
      )
    } finally {
      await engine.docker(['rm', '-f', 'one', 'two'])
    }
    await unharmed(engine, good)
  })

  test('requests that are no JSON, or not the right one', async t => {
    await succeed(['docker', 'create', '--name', 'made', good, 'true'], { env: engine.env })
    try {
      for (const { method = 'POST', path, body, headers, status, message } of requests(good)) {
        await t.test(`${method} ${path} ${body ?? ''}`.replaceAll(registry.host, '…'), async () => {
          const answer = await call(engine, method, path, {
            ...(body !== undefined && { body }),
            ...(headers && { headers }),
          })
          assert.deepEqual([answer.status, answer.json()], [status, { message }])
        })
      }
    } finally {
      await engine.docker(['rm', 'made'])
    }
    assert.equal((await engine.docker(['ps', '-aq'])).stdout, '')
    await unharmed(engine, good)
  })
}

/** A good image still runs, and nothing that is stored is wrong. */
async function unharmed(engine: Engine, image: string): Promise<void> {
  const outcome = await engine.docker(['run', '--rm', image, 'cat', '/srv/index.html'])
  assert.deepEqual(outcome.stdout, 'hello from strata\n', outcome.stderr)
  const { stdout } = await execute([strata, 'system', 'check', '--host', engine.host])
  assert.match(stdout, /^checked \d+, no problems\n$/)
}

/** What a tar could have reached: names that begin as those in it do, and a file that it names. */
async function outside(): Promise<unknown> {
  const found: string[] = []
  for (const folder of ['/', '/tmp']) {
    for (const name of await readdir(folder)) if (name.startsWith('strata-escape')) found.push(join(folder, name))
  }
  await access('/etc/passwd')
  return { found, passwd: await readFile('/etc/passwd', 'utf8') }
}
