import { manyImages } from '../fixtures/many-images.ts'
import { type Row, timed } from '../row.ts'

const COUNT = 1000

/** Lists of 1,000 images with a tag each. podman is left out: it would be loading them for minutes. */
export const images: Row = {
  metrics: [
    { id: 'images', title: '`images` with 1,000 images', unit: 'ms', target: { ratio: 0.5 } },
    { id: 'images-answer', title: "the API's answer to that", unit: 'ms', target: { ratio: 0.5 } },
    { id: 'system-df', title: '`system df` with 1,000 images', unit: 'ms', target: { ratio: 0.5 } },
    { id: 'system-df-answer', title: "the API's answer to that", unit: 'ms', target: { ratio: 0.5 } },
  ],
  rounds: 10,
  async prepare(peer, { root }) {
    if (peer.name !== 'podman') await peer.run(['load', '--quiet', '--input', await manyImages(root, COUNT)])
  },
  async finish(peer) {
    if (peer.name !== 'podman') await peer.run(['image', 'prune', '--all', '--force'])
  },
  async measure(peer) {
    const { get } = peer
    if (!get) return {}
    return {
      images: await timed(() => peer.run(['images'])),
      'images-answer': await timed(() => get('/images/json')),
      'system-df': await timed(() => peer.run(['system', 'df'])),
      'system-df-answer': await timed(() => get('/system/df')),
    }
  },
}
