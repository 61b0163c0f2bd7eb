import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ImageInspect, ImageSummary } from '../../apitypes/index.ts'
import { serve } from '../testdata/serve.ts'

const Descriptor = { mediaType: 'application/vnd.oci.image.index.v1+json', digest: 'sha256:1', size: 2 }
const summary: ImageSummary = {
  ...{ Containers: 0, Created: 0, Id: 'sha256:2', Labels: null, ParentId: '', Descriptor },
  ...{ RepoDigests: [], RepoTags: ['x:1'], SharedSize: -1, Size: 0 },
}
const inspected: ImageInspect = {
  ...{ Id: 'sha256:2', RepoTags: ['x:1'], RepoDigests: [], Parent: '', Comment: '', DockerVersion: '', Author: '' },
  ...{ Config: null, Architecture: 'amd64', Os: 'linux', Size: 0, GraphDriver: { Data: null, Name: 'erofs' } },
  ...{ RootFS: { Type: 'layers' }, Metadata: { LastTagTime: '' }, Descriptor, Container: '', ContainerConfig: {} },
}

test('manifests are told to clients that are new enough to ask for them', async t => {
  const asked: unknown[] = []
  const { ask } = await serve(t, {
    images: {
      list: async ({ manifests }) => {
        asked.push(manifests)
        return [summary]
      },
      inspect: async (name, options) => {
        asked.push([name, options])
        return inspected
      },
    },
  })
  const described = async (path: string) => {
    const { body } = await ask('GET', path)
    const value = JSON.parse(body) as ImageSummary | [ImageSummary]
    return (Array.isArray(value) ? value[0] : value).Descriptor
  }
  assert.deepEqual(await described('/v1.51/images/json?manifests=1'), Descriptor)
  assert.deepEqual(await described('/v1.51/images/json'), Descriptor)
  assert.equal(await described('/v1.47/images/json?manifests=1'), undefined)
  assert.equal(await described('/v1.46/images/json?manifests=1'), undefined)
  assert.deepEqual(asked.splice(0), [true, false, true, false])

  const platform = `platform=${encodeURIComponent('{"os":"linux","architecture":"arm64"}')}`
  assert.deepEqual(await described('/v1.49/images/x/json?manifests=1'), Descriptor)
  assert.deepEqual(await described(`/v1.48/images/x/json?manifests=1&${platform}`), Descriptor)
  assert.equal(await described('/v1.47/images/x/json?manifests=1'), undefined)
  assert.deepEqual(await described(`/v1.49/images/x/json?${platform}`), Descriptor)
  const arm64 = { os: 'linux', architecture: 'arm64' }
  assert.deepEqual(asked.splice(0), [
    ['x', { manifests: true }],
    ['x', { manifests: true }],
    ['x', { manifests: false }],
    ['x', { manifests: false, platform: arm64 }],
  ])
  const both = await ask('GET', `/v1.49/images/x/json?manifests=1&${platform}`)
  const message = 'conflicting options: manifests and platform options cannot both be set'
  assert.deepEqual([both.status, JSON.parse(both.body)], [400, { message }])
})
