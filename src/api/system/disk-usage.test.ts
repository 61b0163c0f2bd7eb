import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DiskUsageType } from '../../apitypes/index.ts'
import { image } from '../testdata/fake-backends.ts'
import { serve } from '../testdata/serve.ts'

test('disk usage: all kinds, or those asked for, as each version of the API has them', async t => {
  const asked: DiskUsageType[][] = []
  const { ask } = await serve(t, {
    system: {
      diskUsage: async types => {
        asked.push([...types])
        return {
          LayersSize: 7,
          ...(types.has('image') && { Images: [image] }),
          ...(types.has('volume') && { Volumes: [] }),
        }
      },
    },
  })
  const answer = async (path: string) => JSON.parse((await ask('GET', path)).body)
  const rest = { LayersSize: 7, Containers: null, BuildCache: null }
  const names = { RepoTags: ['debian:bookworm'], RepoDigests: null }
  assert.deepEqual(await answer('/system/df'), { ...rest, Images: [{ ...image, ...names }], Volumes: [] })
  assert.deepEqual(await answer('/system/df?type=volume'), { ...rest, Images: null, Volumes: [] })
  const old = { ...image, ...names, VirtualSize: image.Size }
  assert.deepEqual(await answer('/v1.41/system/df?type=volume'), {
    ...rest,
    Images: [old],
    Volumes: [],
  })
  assert.deepEqual(await answer('/system/df?type=image&type=x'), { message: 'unknown object type: x' })
  assert.deepEqual(await answer('/system/df?type='), { message: 'unknown object type: ' })
  const all = ['container', 'image', 'volume', 'build-cache']
  assert.deepEqual(asked, [all, ['volume'], all])
})

test('pruning the build cache: bad sizes and filters are refused in the words of Docker', async t => {
  const { ask } = await serve(t, {
    system: { pruneBuildCache: async () => ({ CachesDeleted: null, SpaceReclaimed: 0 }) },
  })
  const answer = async (query: string) => JSON.parse((await ask('POST', `/build/prune${query}`)).body)
  assert.deepEqual(await answer('?all=1&keep-storage=100'), { CachesDeleted: null, SpaceReclaimed: 0 })
  assert.deepEqual(await answer('?keep-storage=x'), {
    message: 'keep-storage is in bytes and expects an integer, got x: strconv.Atoi: parsing "x": invalid syntax',
  })
  const message = "failed to prune build cache: invalid filter 'x'"
  assert.deepEqual(await answer(`?filters=${encodeURIComponent('{"x":["y"]}')}`), { message })
})
