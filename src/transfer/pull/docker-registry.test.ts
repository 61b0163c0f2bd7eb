import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { closedPort, listens } from '../../remotes/testdata/registry.ts'
import { collect } from '../../std/index.ts'
import { digestOf, gzip, newPuller, noise, tarOf } from '../testdata/fixtures.ts'

const run = promisify(execFile)

/** Debian's docker-registry on a free loopback port. */
async function dockerRegistry(t: TestContext, root: string): Promise<string> {
  const port = await closedPort()
  const configuration = {
    version: 0.1,
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: join(root, 'registry') } },
    http: { addr: `127.0.0.1:${port}` },
  }
  await writeFile(join(root, 'config.yml'), JSON.stringify(configuration))
  const child = spawn('docker-registry', ['serve', join(root, 'config.yml')], { stdio: 'ignore' })
  const exited = new Promise<void>(resolve => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  t.after(async () => {
    child.kill('SIGKILL')
    await exited
  })
  while (!(await listens(port))) {
    assert.equal(child.exitCode, null, 'docker-registry ended')
    await sleep(20)
  }
  return `127.0.0.1:${port}`
}

/** An OCI layout of one image at `folder`. */
async function ociLayout(folder: string, tars: readonly Buffer[]) {
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true })
  const put = async (mediaType: string, content: Buffer | object) => {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content))
    const digest = digestOf(bytes)
    await writeFile(join(folder, 'blobs/sha256', digest.slice(7)), bytes)
    return { mediaType, digest, size: bytes.byteLength }
  }
  const oci = 'application/vnd.oci.image'
  const layers = await Promise.all(tars.map(tar => put(`${oci}.layer.v1.tar+gzip`, gzip(tar))))
  const rootfs = { type: 'layers', diff_ids: tars.map(tar => digestOf(tar)) }
  const config = await put(`${oci}.config.v1+json`, { architecture: 'amd64', os: 'linux', config: {}, rootfs })
  const mediaType = `${oci}.manifest.v1+json`
  const manifest = await put(mediaType, { schemaVersion: 2, mediaType, config, layers })
  const annotations = { 'org.opencontainers.image.ref.name': 'latest' }
  await writeFile(
    join(folder, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
  )
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  return { manifest, config }
}

test("an image that skopeo pushed to Debian's docker-registry is pulled byte for byte", async t => {
  const root = await mkdtemp(join(tmpdir(), 'strata-registry-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  const host = await dockerRegistry(t, root)
  const tars = [1, 2, 3, 4].map(seed => tarOf(`file${seed}`, noise(700_000 * seed, seed)))
  const layout = await ociLayout(join(root, 'layout'), tars)
  const [from, to] = [`oci:${join(root, 'layout')}:latest`, `docker://${host}/team/app:1.0`]
  await run('skopeo', ['copy', '--quiet', '--dest-tls-verify=false', from, to])

  const store = await newPuller(t)
  const pull = (tag: string) =>
    store.puller.pull(
      { domain: host, path: 'team/app', tag },
      { progress: () => {}, signal: new AbortController().signal },
    )
  const expected = { image: layout.config.digest, digest: layout.manifest.digest }
  assert.deepEqual(await pull('1.0'), { ...expected, upToDate: false })
  assert.deepEqual(await pull('1.0'), { ...expected, upToDate: true })
  const record = store.images.get(layout.config.digest)!
  for (const [position, { diffID }] of record.layers.entries()) {
    await using blob = await store.layers.open(diffID)
    assert.ok((await collect(blob.bytes(), 1e8)).equals(tars[position]!))
  }
  await assert.rejects(pull('2.0'), {
    code: 'not_found',
    message: `manifest for ${host}/team/app:2.0 not found: manifest unknown: manifest unknown`,
  })
})
