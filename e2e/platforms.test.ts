import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { call } from './fixtures/call.ts'
import { type Engine, startEngine } from './fixtures/engine.ts'
import { type Image, jsonBlob } from './fixtures/image-builder.ts'
import { multiPlatformImage } from './fixtures/images.ts'
import { isolated } from './fixtures/isolation.ts'
import { succeed } from './fixtures/processes.ts'
import { pushImage } from './fixtures/push.ts'
import { type Registry, startRegistry } from './fixtures/registry.ts'
import { checkStore, ok } from './torture/inspection.ts'

interface Descriptor {
  readonly digest: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly platform: { readonly architecture: string }
}

/** What the API tells of an image, as far as it is looked at here. */
interface ImageRow {
  readonly Containers: number
  readonly Descriptor?: Descriptor
  readonly Manifests?: readonly unknown[]
  readonly RepoTags: readonly string[]
  readonly Size: number
  readonly SharedSize: number
}

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

    test('is told manifest by manifest, and drawn as a tree', async () => {
      await docker('pull', '-q', '--platform', 'all', name)
      await docker('create', '--name', 'user', '--pull', 'never', '--platform', 'linux/arm64', name)
      const [row, ...others] = (await call(engine, 'GET', '/images/json?manifests=1')).json<ImageRow[]>()
      assert.deepEqual([others, row!.Containers], [[], 1])
      const { mediaType, digest, size } = multi.manifest
      assert.deepEqual(row!.Descriptor, { mediaType, digest, size })
      const user = await docker('ps', '-aq', '--no-trunc')
      const index = JSON.parse(Buffer.from(multi.manifest.content as Uint8Array).toString())
      const unpacked = Number(await docker('image', 'inspect', '--format', '{{.Size}}', name))
      const expected = index.manifests.map((descriptor: Descriptor, position: number) => {
        const { manifest, blobs } = multi.children[position]!
        const Content = [manifest, ...blobs].reduce((sum, blob) => sum + blob.size, 0)
        const common = { ID: descriptor.digest, Descriptor: descriptor, Available: true }
        const For = descriptor.annotations?.['vnd.docker.reference.digest']
        if (For) return { ...common, Size: { Content, Total: Content }, Kind: 'attestation', AttestationData: { For } }
        const Containers = descriptor.platform.architecture === 'arm64' ? [user] : null
        return {
          ...{ ...common, Size: { Content, Total: Content + unpacked }, Kind: 'image' },
          ImageData: { Platform: descriptor.platform, Size: { Unpacked: unpacked }, Containers },
        }
      })
      assert.deepEqual(row!.Manifests, expected)
      const inspect = async (query: string) => call(engine, 'GET', `/images/${encodeURIComponent(name)}/json${query}`)
      const whole = (await inspect('?manifests=1')).json<ImageRow>()
      assert.deepEqual([whole.Descriptor, whole.Manifests], [row!.Descriptor, expected])
      assert.equal((await inspect('')).json<ImageRow>().Manifests, undefined)
      const arm64 = encodeURIComponent(JSON.stringify({ os: 'linux', architecture: 'arm64' }))
      const one = (await inspect(`?platform=${arm64}`)).json<ImageRow>()
      assert.deepEqual([one.Descriptor, one.RepoTags], [index.manifests[2], [`${name}:latest`]])
      const both = await inspect(`?manifests=1&platform=${arm64}`)
      assert.deepEqual(
        [both.status, both.json()],
        [400, { message: 'conflicting options: manifests and platform options cannot both be set' }],
      )
      const { stdout } = await engine.docker(['images', '--tree'])
      const lines = stdout.split('\n').filter(line => /latest|linux\//.test(line))
      assert.deepEqual(
        lines.map(line => line.trim().split(/ {2,}/)[0]),
        [`${name}:latest`, '├─ linux/arm/v7', '├─ linux/amd64', '└─ linux/arm64'],
      )
      assert.deepEqual(
        lines.map(line => / U *$/.test(line)),
        [true, false, false, true],
      )
      const df = (await call(engine, 'GET', '/system/df?type=image')).json<{ LayersSize: number; Images: ImageRow[] }>()
      const blobs = new Map(
        multi.children.flatMap(({ manifest, blobs }) => [manifest, ...blobs].map(each => [each.digest, each.size])),
      )
      const kept = unpacked + [...blobs.values()].reduce((sum, each) => sum + each, 0)
      assert.deepEqual(
        [df.LayersSize, df.Images.map(({ Size, SharedSize }) => [Size, SharedSize])],
        [kept, [[kept, 0]]],
      )
      assert.match(await docker('ps', '-a', '--format', '{{.Image}}'), new RegExp(`^${name}$`))
    })

    test('stays while a container uses one of its platforms, and says so', async () => {
      const user = await docker('ps', '-aq')
      const short = (await docker('inspect', '--format', '{{.Image}}', 'user')).slice('sha256:'.length, 19)
      const refused = async (...args: string[]) => {
        const { status, stderr } = await engine.docker(args)
        assert.equal(status, 1)
        return stderr.trim().replace('Error response from daemon: ', '')
      }
      const using = `container ${user} is using its referenced image ${short}`
      const conflict = 'conflict: unable to remove repository reference'
      assert.equal(await refused('rmi', name), `${conflict} "${name}" (must force) - ${using}`)
      const id = await docker('images', '-q', name)
      const stopped = `(must be forced) - image is being used by stopped container ${user}`
      assert.equal(await refused('rmi', id), `conflict: unable to delete ${short} ${stopped}`)
      await docker('image', 'prune', '-af')
      assert.equal((await docker('images', '-aq')).split('\n').length, 3)
      // Another name that holds it too: nothing is lost.
      await docker('tag', name, 'second:1')
      assert.equal(await docker('rmi', 'second:1'), 'Untagged: second:1')
      await docker('rmi', '-f', name)
      assert.equal(await docker('images', '-aq'), '')
      await docker('rm', 'user')
    })

    test('gives platforms away by force, and means the best of the rest, but never the last', async () => {
      await docker('pull', '-q', '--platform', 'all', name)
      await docker('tag', name, 'second:1')
      const remove = async (...args: string[]) => {
        const { status, stdout, stderr } = await engine.docker(['image', 'rm', ...args])
        return [status, (stdout + stderr).trim()]
      }
      const digests = multi.children.map(({ manifest }) => manifest.digest)
      const force =
        'Content will be removed from all images referencing this variant. Use \u2014-force to force delete.'
      assert.deepEqual(await remove('--platform', 'linux/arm64', name), [1, `Error response from daemon: ${force}`])
      assert.deepEqual(await remove('-f', '--platform', 'linux/amd64', name), [0, `Deleted: ${digests[1]}`])
      for (const each of [name, 'second:1']) {
        assert.equal(await docker('image', 'inspect', '--format', '{{.Architecture}}', each), 'arm')
      }
      const [, absent] = await remove('-f', '--platform', 'linux/amd64', name)
      assert.match(
        String(absent),
        /failed to delete platform linux\/amd64 for image sha256:\w+: image with reference .* does not provide any platform/,
      )
      const { stderr } = await engine.docker(['image', 'inspect', '--platform', 'linux/amd64', name])
      assert.match(stderr, /was found but does not provide the specified platform \(linux\/amd64\)/)
      assert.match(
        String((await remove('-f', '--platform', 'linux/arm64', '--platform', 'linux/arm', name))[1]),
        /it is the last one: remove the name instead/,
      )
      assert.equal(new Set((await docker('images', '-aq')).split('\n')).size, 2)
      assert.deepEqual(await remove('-f', '--platform', 'linux/arm64', name), [0, `Deleted: ${digests[2]}`])
      await docker('rmi', name, 'second:1')
      assert.equal(await docker('images', '-aq'), '')
    })

    test('goes to an archive and back, and to a registry with the digests that it had', async () => {
      const [file, copied] = [join(root, 'whole.tar'), join(root, 'skopeo.tar')]
      const back = `${registry.host}/back:1`
      await docker('pull', '-q', '--platform', 'all', name)
      await docker('tag', name, back)
      await docker('save', '-o', file, back)
      await skopeo(
        'copy',
        '--all',
        '--src-tls-verify=false',
        `docker://${name}:latest`,
        `oci-archive:${copied}:${back}`,
      )
      await docker('rmi', back, name)
      assert.equal(await docker('images', '-aq'), '')
      for (const archive of [file, copied]) {
        assert.equal(await docker('load', '-i', archive), `Loaded image: ${back}`)
        assert.equal((await docker('images', '-aq')).split('\n').length, 3)
        assert.equal(await docker('run', '--rm', '--network', 'none', back, 'sh', '-c', 'echo $ARCH'), 'amd64')
        assert.match(
          await docker('push', back),
          new RegExp(`1: digest: ${multi.manifest.digest} size: ${multi.manifest.size}`),
        )
        assert.equal(await raw(`docker://${back}`), await raw(`docker://${name}:latest`))
        await docker('rmi', back)
        assert.equal(await docker('load', '--platform', 'linux/arm64', '-i', archive), `Loaded image: ${back}`)
        assert.equal(await docker('image', 'inspect', '--format', '{{.Architecture}}', back), 'arm64')
        assert.equal((await docker('images', '-aq')).split('\n').length, 1)
        await docker('rmi', back)
        const { status, stderr } = await engine.docker(['load', '--platform', 'linux/s390x', '-i', archive])
        assert.equal(status, 1)
        assert.match(stderr, /requested platform \(linux\/s390x\) not found: image might be filtered out/)
      }
      await checkStore(engine)
    })

    test('goes the same ways when it lies within another index', async () => {
      const { mediaType, digest, size } = multi.manifest
      const manifests = [{ mediaType, digest, size }]
      const outer = jsonBlob(mediaType, { schemaVersion: 2, mediaType, manifests })
      await pushImage(registry, 'nested:latest', { manifest: outer, blobs: [], children: [multi] })
      const nested = `${registry.host}/nested`
      const back = `${nested}:back`
      await docker('pull', '-q', '--platform', 'linux/arm64', nested)
      assert.equal(await docker('image', 'inspect', '--format', '{{.Architecture}}', nested), 'arm64')
      await docker('pull', '-q', '--platform', 'all', nested)
      await checkStore(engine)
      await docker('tag', nested, back)
      await docker('save', '-o', join(root, 'nested.tar'), back)
      await docker('rmi', nested, back)
      assert.equal(await docker('load', '-i', join(root, 'nested.tar')), `Loaded image: ${back}`)
      assert.equal((await docker('images', '-aq')).split('\n').length, 3)
      assert.match(await docker('push', back), new RegExp(`back: digest: ${outer.digest} size: ${outer.size}`))
      assert.equal(await raw(`docker://${back}`), await raw(`docker://${nested}:latest`))
      await checkStore(engine)
      await docker('rmi', back)
      assert.equal(await docker('images', '-aq'), '')
    })

    test('comes back whole when its removal is undone, though the engine was killed', async () => {
      await using keeping = await startEngine({ undoPeriod: 3600 })
      const images = async () => (await ok(keeping, 'images', '-aq')).trim().split('\n').length
      await ok(keeping, 'pull', '-q', '--platform', 'all', name)
      const facts = '{{json .RepoTags}} {{json .RepoDigests}} {{json .Descriptor}} {{.Id}}'
      const inspect = () => ok(keeping, 'image', 'inspect', '--format', facts, name)
      const before = await inspect()
      await ok(keeping, 'rmi', name)
      assert.equal(await ok(keeping, 'images', '-aq'), '')
      await keeping.kill9()
      await keeping.start()
      const restore = async () =>
        (await call(keeping, 'POST', `/strata/images/restore?name=${encodeURIComponent(name)}`)).status
      assert.equal(await restore(), 200)
      await checkStore(keeping)
      assert.deepEqual([await images(), await inspect()], [3, before])
      await ok(keeping, 'image', 'rm', '-f', '--platform', 'linux/arm64', name)
      assert.equal(await images(), 2)
      await keeping.stop()
      await keeping.start()
      assert.equal(await restore(), 200)
      assert.deepEqual([await images(), await inspect()], [3, before])
      assert.match(await ok(keeping, 'push', name), new RegExp(`latest: digest: ${multi.manifest.digest}`))
      await ok(keeping, 'rmi', name)
      await ok(keeping, 'image', 'prune', '-f')
      assert.equal(await restore(), 404)
      await checkStore(keeping)
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
