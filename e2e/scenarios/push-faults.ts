import { join } from 'node:path'
import { startFaultyUploads } from '../fixtures/faulty-uploads.ts'
import { archiveOf, dockerArchive, writeArchive } from '../fixtures/image-archive.ts'
import type { Scenario } from '../fixtures/scenario.ts'

/** What dockerd takes for the last word; the rest it tries again for a minute: see push-faults.test.ts. */
const layerFails = [
  ...['begin-401-words', 'begin-403-words', 'begin-403-text', 'begin-404', 'begin-429'],
  ...['send-401-words', 'send-403-words', 'send-429', 'end-403-text', 'end-429'],
]
const lends = ['mount-403', 'mount-500', 'mount-cut']
const manifestFails = ['401', '401-words', '403', '403-words', '403-html', '404', '404-lost', '405', '413', '413-words']
  .concat('429', 'digest', 'manifest', 'manifest-bare', 'blob-unknown', 'tag-words')
  .map(fault => `set-${fault}`)

/** Registries that refuse or break each of the requests that make a push. */
export const pushFaults: Scenario = {
  name: 'push-faults',
  async images(_into, files) {
    const layers = [archiveOf([{ name: 'file', data: 'content' }])]
    await writeArchive(join(files, 'app.tar'), dockerArchive({ layers, tags: ['app:1'] }))
    return {}
  },
  async servers() {
    const faulty = await startFaultyUploads()
    return {
      hosts: { faulty: faulty.host },
      [Symbol.asyncDispose]: () => faulty.stop(),
    }
  },
  steps(_registry, files, { faulty }) {
    const push = (name: string, ...flags: string[]) => [
      ['tag', 'app:1', `${faulty}/${name}:1`],
      ['push', ...flags, `${faulty}/${name}:1`],
    ]
    return [
      ['load', '--input', join(files, 'app.tar')],
      // What no push has brought can't be borrowed.
      ...layerFails.flatMap(name => push(name, '--quiet')),
      ...push('good'),
      ...lends.flatMap(name => push(name)),
      ...manifestFails.flatMap(name => push(name, '--quiet')),
      ['push', `${faulty}/set-403:1`],
      { args: ['images', '--digests', '--format', '{{.Repository}} {{.Digest}}'], sorted: true },
    ]
  },
}
