import { closedPort, MANIFEST, TestRegistry } from '../../src/remotes/testdata/registry.ts'
import { type Answer, bare, refuse } from '../fixtures/answers.ts'
import { nameServers } from '../fixtures/named-servers.ts'
import type { Scenario } from '../fixtures/scenario.ts'
import { putImage } from '../fixtures/small-image.ts'

const only = (kind: 'manifests' | 'blobs' | 'tags', answer: Answer): Answer => {
  return (request, response, path) => path.includes(`/${kind}/`) && answer(request, response, path)
}

const lie: Answer = (request, response) => {
  response.writeHead(200, { 'content-type': MANIFEST, 'docker-content-digest': `sha256:${'1'.repeat(64)}` })
  response.end(request.method === 'HEAD' ? undefined : '{"schemaVersion":2}')
  return true
}

/** What is wrong with the images of a mirror. Behind what is out of order Strata asks it no more for a while. */
const faults: Readonly<Record<string, Answer>> = {
  denied: only('manifests', refuse(403, 'DENIED', 'requested access to the resource is denied')),
  unauthorized: only('manifests', bare(401, '', { 'www-authenticate': 'Basic realm="mirror"' })),
  html: only('manifests', bare(200, '<html></html>', { 'content-type': 'text/html' })),
  'other-digest': only('manifests', lie),
  'no-blob': only('blobs', refuse(404, 'BLOB_UNKNOWN', 'blob unknown to registry')),
  busy: only('manifests', refuse(429, 'TOOMANYREQUESTS', 'slow down')),
  broken: only('manifests', bare(500)),
}

const HUB = 'registry-1.docker.io'

/**
 * Docker Hub and its mirrors: who gives the manifest when a mirror lacks it, refuses it or is out of order. Blobs may come
 * from another one, since their digests tell whether they are right.
 */
export const mirrors: Scenario = {
  name: 'mirrors',
  images: async () => ({}),
  async servers() {
    await using stack = new AsyncDisposableStack()
    const named = stack.use(await nameServers([HUB]))
    const hub = await named.start(443)
    const mirror = await new TestRegistry().start()
    stack.defer(() => mirror.stop())
    for (const name of ['both', 'hub-only', 'me/mine', ...Object.keys(faults)]) {
      putImage(hub, name.includes('/') ? name : `library/${name}`)
    }
    for (const name of ['both', 'mirror-only', ...Object.keys(faults)]) putImage(mirror, `library/${name}`)
    const gave = new Set<string>()
    for (const [name, registry] of Object.entries({ hub, mirror })) {
      registry.intercept = (request, response, path) => {
        const [, repository = '', kind = ''] = /^\/v2\/(.+)\/(manifests|blobs)\//.exec(path) ?? []
        const fault = registry === mirror ? faults[repository.replace('library/', '')] : undefined
        if (fault?.(request, response, path)) return true
        const tell = () => response.statusCode === 200 && gave.add(`${repository}: from the ${name}`)
        if (kind === 'manifests' && request.method === 'GET') response.on('finish', tell)
        return false
      }
    }
    const running = stack.move()
    return {
      hosts: { mirror: mirror.host },
      etc: { hosts: named.hosts, 'ssl/certs/ca-certificates.crt': named.authority.certificate },
      settings: { configuration: { 'registry-mirrors': [`http://127.0.0.1:${await closedPort()}`, `${mirror.url}/`] } },
      asked() {
        const all = [...gave]
        gave.clear()
        return all
      },
      [Symbol.asyncDispose]: () => running.disposeAsync(),
    }
  },
  steps: () => [
    ...['both', 'hub-only', 'mirror-only', 'me/mine', 'nowhere', 'me/nowhere'].flatMap(name => [
      ['pull', name],
      'asked' as const,
    ]),
    ...Object.keys(faults).flatMap(name => [['pull', '-q', name], 'asked' as const]),
    { args: ['images', '--format', '{{.Repository}}'], sorted: true },
    ['pull', '-a', 'both'],
  ],
}
