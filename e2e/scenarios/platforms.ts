import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Image, imageOf, indexOf, layerOf, tarOf } from '../fixtures/image-builder.ts'
import { multiPlatformImage } from '../fixtures/images.ts'
import type { Scenario } from '../fixtures/scenario.ts'

/** An image whose program is for a processor that there is not. */
async function strange(into: string): Promise<Image> {
  const folder = join(into, 'strange')
  await mkdir(folder, { recursive: true })
  const header = Buffer.alloc(64)
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  header.set([2, 0, 0xf7, 0xfe, 1], 16) // an executable; machine 0xfef7
  await writeFile(join(folder, 'program'), header, { mode: 0o755 })
  await tarOf(folder, `${folder}.tar`)
  const layer = await layerOf(`${folder}.tar`, { into, flavor: 'oci' })
  return imageOf([layer], {
    ...{ flavor: 'oci', architecture: 'amd64', variant: 'v2', config: { Cmd: ['/program'], Env: ['ARCH=amd64/v2'] } },
  })
}

/** Images of other platforms than the host's, one a name, as everybody has them who asks for no more. */
export const platforms: Scenario = {
  name: 'platforms',
  async images(into) {
    const multi = await multiPlatformImage({ into, flavor: 'oci' })
    const [arm, amd64, arm64] = multi.children as [Image, Image, Image]
    return {
      'multi:latest': multi,
      'only:latest': indexOf({ arm64, 'arm/v7': arm }, 'oci'),
      'levels:latest': indexOf({ amd64, 'amd64/v2': await strange(into) }, 'oci'),
      'strange:latest': await strange(into),
    }
  },
  steps: registry => {
    const name = `${registry}/multi`
    const arch = ['--format', '{{.Os}}/{{.Architecture}}/{{.Variant}}']
    return [
      ['pull', '-q', '--platform', 'linux/arm64', name],
      ['create', '--name', 'foreign', name],
      ['image', 'rm', '--platform', 'linux/arm64', name],
      ['create', '--name', 'meant', '--platform', 'linux/arm64', name],
      ['create', '--name', 'variant', '--platform', 'linux/arm64/v8', name],
      ['create', '--name', 'older', '--pull', 'never', '--platform', 'linux/arm64/v7', name],
      ['create', '--name', 'other', '--pull', 'never', '--platform', 'linux/amd64', name],
      ['create', '--name', 'bad', '--platform', 'nothing', name],
      ['run', '--rm', '--pull', 'never', '--platform', 'linux/s390x', name, 'true'],
      ['run', '--rm', '--platform', 'linux/s390x', name, 'true'],
      ['image', 'inspect', ...arch, '--platform', 'linux/arm64', name],
      ['image', 'inspect', ...arch, '--platform', 'linux/amd64', name],
      ['image', 'inspect', '--format', '{{json .Descriptor}} {{json .Manifests}}', name],
      ['history', '-q', '--platform', 'linux/arm64', name],
      ['history', '-q', '--platform', 'linux/amd64', name],
      ['image', 'rm', '--platform', 'linux/amd64', name],
      ['images'],
      ['pull', '-q', name],
      { args: ['images', '-a', '--digests'], sorted: true },
      ['run', '--rm', name, 'sh', '-c', 'echo $ARCH'],
      ['run', '--rm', '--platform', 'linux/amd64', name, 'sh', '-c', 'echo $ARCH'],
      ['run', '--rm', '--platform', 'linux/amd64/v2', name, 'sh', '-c', 'echo $ARCH'],
      ['run', '--rm', '--platform', 'linux/386', '--pull', 'never', name, 'sh', '-c', 'echo $ARCH'],
      ['ps', '-a', '--format', '{{.Image}} {{.Names}}'],
      ['pull', '-q', '--platform', 'linux/arm/v7', name],
      ['create', '--name', 'seven', name],
      ['create', '--name', 'six', '--pull', 'never', '--platform', 'linux/arm/v6', name],
      ['create', '--name', 'eight', '--pull', 'never', '--platform', 'linux/arm/v8', name],
      ['create', '--name', 'any', '--pull', 'never', '--platform', 'linux/arm', name],
      { args: ['images', '-a', '--digests'], sorted: true },
      ['rm', 'foreign', 'meant', 'variant', 'seven', 'eight', 'any'],
      ['image', 'rm', '--platform', 'linux/arm64', '--platform', 'linux/arm', name],
      ['image', 'rm', '--platform', 'linux/arm', name],
      { args: ['images', '-a', '--digests'], sorted: true },
      ['pull', `${registry}/only`],
      ['run', '--rm', `${registry}/only`],
      ['pull', '-q', `${registry}/levels`],
      ['inspect', '--format', '{{json .Config.Env}}', `${registry}/levels`],
      ['run', '--rm', `${registry}/strange`],
    ]
  },
}
