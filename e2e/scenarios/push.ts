import { join } from 'node:path'
import { sendError, TestRegistry } from '../../src/remotes/testdata/registry.ts'
import { startBasicRegistry, startTokenRegistry, user } from '../fixtures/access.ts'
import { busyboxTars, configOf, dockerArchive, writeArchive } from '../fixtures/image-archive.ts'
import type { Scenario } from '../fixtures/scenario.ts'

/** Images to registries, and what keeps them from getting there. */
export const push: Scenario = {
  name: 'push',
  async images(into, files) {
    const layers = await busyboxTars(into)
    const config = configOf(layers, { config: { Labels: { made: 'here' } } })
    await writeArchive(join(files, 'app.tar'), dockerArchive({ layers, config, tags: ['app:one'] }))
    return {}
  },
  async servers() {
    const started = {
      other: await new TestRegistry().start(),
      basic: await startBasicRegistry(),
      token: await startTokenRegistry(),
      denying: await denying(),
    }
    return {
      hosts: Object.fromEntries(Object.entries(started).map(([name, { host }]) => [name, host])),
      async [Symbol.asyncDispose]() {
        for (const each of Object.values(started)) await each.stop()
      },
    }
  },
  steps(registry, files, { other = '', basic = '', token = '', denying: refusing = '' }) {
    const tag = (name: string) => ['tag', 'app:one', name]
    const login = (host: string) => ({
      args: ['login', '--username', user.name, '--password-stdin', host],
      input: user.password,
    })
    const unauthorized = [basic, token].flatMap(host => [
      tag(`${host}/app:one`),
      ['push', `${host}/app:one`],
      login(host),
      ['push', `${host}/app:one`],
      ['logout', host],
    ])
    return [
      ['load', '--input', join(files, 'app.tar')],
      tag(`${registry}/app:one`),
      ['push', `${registry}/app:one`],
      ['push', `${registry}/app:one`],
      ['push', '--quiet', `${registry}/app:one`],
      tag(`${registry}/app:two`),
      ['push', '--all-tags', `${registry}/app`],
      ['push', '--all-tags', '--quiet', `${registry}/app`],
      ['push', '--all-tags', `${registry}/app:one`],
      tag(`${registry}/deep/er/app:one`),
      ['push', `${registry}/deep/er/app:one`],
      ['image', 'inspect', '--format', '{{json .RepoDigests}}', 'app:one'],
      tag(`${other}/app:one`),
      ['push', `${other}/app:one`],
      ['push', '--platform', 'linux/amd64', `${registry}/app:one`],
      ['push', '--platform', 'linux/arm64', `${registry}/app:one`],
      ['push', '--platform', 'linux/amd64', `${registry}/app:none`],
      ['push', `${registry}/app`],
      ['push', `${registry}/app:none`],
      ['push', '--all-tags', `${registry}/nothing`],
      ['push', `${registry}/nothing`],
      ['push', `${registry}/app@sha256:${'0'.repeat(64)}`],
      ['push', `${registry}/App`],
      ['push', 'sha256:0123'],
      ['push', ''],
      ['push', '127.0.0.1:1/app'],
      tag('127.0.0.1:1/app:one'),
      ['push', '127.0.0.1:1/app:one'],
      ...unauthorized,
      tag(`${refusing}/denied:one`),
      ['push', `${refusing}/denied:one`],
      tag(`${refusing}/invalid:one`),
      ['push', `${refusing}/invalid:one`],
      { args: ['images', '--digests', `${registry}/*`], sorted: true },
      ['rmi', `${registry}/app:one`],
      ['rmi', `${registry}/app:two`],
      ['pull', `${registry}/app:two`],
      ['image', 'inspect', '--format', '{{.Id}} {{json .RootFS.Layers}}', `${registry}/app:two`],
      ['manifest', 'inspect', '--insecure', `${registry}/nothing:one`],
      {
        args: [
          'events',
          '--since',
          '1h',
          '--until',
          '-1s',
          '--filter',
          'event=push',
          '--format',
          '{{.ID}} {{json .Actor}}',
        ],
      },
    ]
  },
}

/** One that denies uploads to `denied`, and takes no manifest of `invalid`. */
async function denying(): Promise<TestRegistry> {
  const registry = await new TestRegistry().start()
  registry.intercept = async (request, response, path) => {
    if (path.startsWith('/v2/denied/') && request.method === 'POST') {
      sendError(response, 403, 'DENIED', 'requested access to the resource is denied', ['push'])
      return true
    }
    if (!path.startsWith('/v2/invalid/manifests/') || request.method !== 'PUT') return false
    await Array.fromAsync(request)
    sendError(response, 400, 'MANIFEST_INVALID', 'manifest invalid', ['layers'])
    return true
  }
  return registry
}
