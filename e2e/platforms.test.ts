import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Engine, startEngine } from './fixtures/engine.ts'
import { type Image, jsonBlob } from './fixtures/image-builder.ts'
import { multiPlatformImage } from './fixtures/images.ts'
import { isolated } from './fixtures/isolation.ts'
import { succeed } from './fixtures/processes.ts'
import { pushImage } from './fixtures/push.ts'
import { type Registry, startRegistry } from './fixtures/registry.ts'

/** The index with an attestation of its amd64 image, as buildx makes them. */
function attested(image: Image): Image {
  const index = JSON.parse(Buffer.from(image.manifest.content as Uint8Array).toString())
  const amd64 = index.manifests[1]
  const statement = jsonBlob('application/vnd.in-toto+json', { predicateType: 'https://slsa.dev/provenance/v0.2' })
  const config = jsonBlob('application/vnd.oci.image.config.v1+json', {
    ...{ architecture: 'unknown', os: 'unknown', config: {} },
    rootfs: { type: 'layers', diff_ids: [statement.digest] },
  })
  const strip = ({ mediaType, digest, size }: typeof config) => ({ mediaType, digest, size })
  const manifest = jsonBlob('application/vnd.oci.image.manifest.v1+json', {
    ...{ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json' },
    ...{ config: strip(config), layers: [strip(statement)] },
  })
  index.manifests.push({
    ...strip(manifest),
    annotations: {
      'vnd.docker.reference.digest': amd64.digest,
      'vnd.docker.reference.type': 'attestation-manifest',
    },
    platform: { architecture: 'unknown', os: 'unknown' },
  })
  const attestation: Image = { manifest, blobs: [config, statement], children: [] }
  return {
    ...{ manifest: jsonBlob(image.manifest.mediaType, index), blobs: [] },
    children: [...image.children, attestation],
  }
}

if (await isolated(import.meta.filename)) {
  describe('an index of several platforms', () => {
    let root: string
    let registry: Registry
    let engine: Engine
    let multi: Image
    let name: string
    const skopeo = (...args: string[]) => succeed(['skopeo', '--override-os', 'linux', ...args])
    const docker = async (...args: string[]) => {
      const { status, stdout, stderr } = await engine.docker(args)
      assert.equal(status, 0, `docker ${args.join(' ')}: ${stderr}`)
      return stdout.trim()
    }
    const raw = async (image: string) => (await skopeo('inspect', '--raw', '--tls-verify=false', image)).trim()

    before(async () => {
      root = await mkdtemp(join(tmpdir(), 'strata-platforms-'))
      registry = await startRegistry({ root: join(root, 'registry') })
      multi = attested(await multiPlatformImage({ into: join(root, 'layers'), flavor: 'oci' }))
      await pushImage(registry, 'multi:latest', multi)
      name = `${registry.host}/multi`
      engine = await startEngine()
    })
    after(async () => {
      await engine?.stop()
      await registry?.[Symbol.asyncDispose]()
      await rm(root, { recursive: true, force: true })
    })

    test('is pulled whole, and is one row of docker images', async () => {
      const said = await docker('pull', '--platform', 'all', name)
      assert.match(said, new RegExp(`Digest: ${multi.manifest.digest}`))
      assert.equal((await docker('images', '-q')).split('\n').length, 1)
      assert.equal((await docker('images', '-aq')).split('\n').length, 3)
      assert.equal(await docker('images', '-q', '--filter', 'dangling=true'), '')
      assert.match(await docker('pull', '--platform', 'all', name), /Image is up to date/)
    })

    test("gives each command the platform that it asks for, the host's without", async () => {
      const arch = ['--format', '{{.Architecture}}/{{.Variant}}']
      assert.equal(await docker('image', 'inspect', ...arch, name), 'amd64/')
      assert.equal(await docker('image', 'inspect', ...arch, '--platform', 'linux/arm64', name), 'arm64/v8')
      assert.equal(await docker('image', 'inspect', ...arch, '--platform', 'linux/arm/v7', name), 'arm/v7')
      assert.equal(await docker('run', '--rm', name, 'sh', '-c', 'echo $ARCH'), 'amd64')
      const { stderr } = await engine.docker([
        'create',
        '--name',
        'foreign',
        '--pull',
        'never',
        '--platform',
        'linux/arm64',
        name,
      ])
      assert.equal(stderr, '')
      assert.equal(
        await docker('inspect', '--format', '{{join .Config.Env " "}}', 'foreign').then(
          env => /ARCH=(\w+)/.exec(env)?.[1],
        ),
        'arm64',
      )
      await docker('rm', 'foreign')
    })

    test('survives prunes and is sound', async () => {
      await docker('image', 'prune', '-f')
      assert.equal((await docker('images', '-aq')).split('\n').length, 3)
    })

    test('is pushed whole: the same bytes, every blob', async () => {
      const copy = `${registry.host}/copy:1`
      await docker('tag', name, copy)
      const said = await docker('push', copy)
      assert.match(said, new RegExp(`1: digest: ${multi.manifest.digest} size: ${multi.manifest.size}`))
      assert.equal(await raw(`docker://${copy}`), await raw(`docker://${name}:latest`))
      await skopeo('copy', '--all', '--src-tls-verify=false', `docker://${copy}`, `dir:${join(root, 'copied')}`)
    })

    test('is saved whole; skopeo reads it', async () => {
      const file = join(root, 'saved.tar')
      await docker('save', '-o', file, name)
      await skopeo('copy', '--all', `oci-archive:${file}`, `dir:${join(root, 'from-archive')}`)
      assert.equal(await raw(`oci-archive:${file}`), await raw(`docker://${name}:latest`))
      await skopeo('copy', `docker-archive:${file}`, `dir:${join(root, 'from-docker-archive')}`)
      await docker('save', '--platform', 'linux/arm64', '-o', join(root, 'arm64.tar'), name)
      const config = JSON.parse(await skopeo('inspect', '--config', `docker-archive:${join(root, 'arm64.tar')}`))
      assert.equal(config.architecture, 'arm64')
    })

    test('goes with its names', async () => {
      const removed = await docker('rmi', `${registry.host}/copy:1`)
      assert.doesNotMatch(removed, /Deleted/)
      assert.equal((await docker('images', '-aq')).split('\n').length, 3)
      assert.equal((await docker('rmi', name)).match(/Deleted: sha256/g)?.length, 5)
      assert.equal(await docker('images', '-aq'), '')
    })

    test('gives one platform away, but not the one that the name means', async () => {
      await docker('pull', '-q', '--platform', 'all', name)
      const { status, stderr } = await engine.docker(['image', 'rm', '--platform', 'linux/amd64', name])
      assert.equal(status, 1)
      assert.match(stderr, /conflict: unable to remove a platform of ".*multi" - linux\/amd64 is what it stands for/)
      assert.match(await docker('image', 'rm', '--platform', 'linux/arm64', name), /^Deleted: sha256:\S+$/)
      assert.equal((await docker('images', '-aq')).split('\n').length, 2)
      await docker('rmi', name)
      assert.equal(await docker('images', '-aq'), '')
    })

    test('comes for some platforms, and more come to them', async () => {
      await docker('pull', '-q', '--platform', 'linux/arm64,linux/arm/v7', name)
      const { stderr } = await engine.docker(['create', '--name', 'foreign', '--pull', 'never', name])
      assert.match(stderr, /^WARNING: The requested image's platform \(linux\/arm\/v7\) does not match/)
      await docker('rm', 'foreign')
      await docker('pull', '-q', name)
      assert.equal(await docker('run', '--rm', name, 'sh', '-c', 'echo $ARCH'), 'amd64')
      assert.equal((await docker('images', '-aq')).split('\n').length, 3)
      const { status, stderr: refused } = await engine.docker(['pull', '--platform', 'linux/amd64,linux/s390x', name])
      assert.equal(status, 1)
      assert.match(refused, /no matching manifest for linux\/s390x in the manifest list entries/)
      await docker('rmi', name)
      assert.equal(await docker('images', '-aq'), '')
    })
  })
}
