import {
  startBasicRegistry,
  startPagedRegistry,
  startSearchable,
  startTokenRegistry,
  user,
} from '../fixtures/access.ts'
import { busyboxImage } from '../fixtures/images.ts'
import type { Scenario } from '../fixtures/scenario.ts'

const login = (host: string, password: string) => ({
  args: ['login', '--username', user.name, '--password-stdin', host],
  input: password,
})

/** Logins, searches, and all tags of a repository. */
export const registries: Scenario = {
  name: 'registries',
  async images(into) {
    const busybox = await busyboxImage({ into })
    return { 'app:one': busybox, 'app:two': busybox, 'app:latest': busybox }
  },
  async servers() {
    const started = {
      basic: await startBasicRegistry(),
      token: await startTokenRegistry(),
      keep: await startTokenRegistry({ keep: true }),
      search: await startSearchable(),
      paged: await startPagedRegistry(),
    }
    return {
      hosts: Object.fromEntries(Object.entries(started).map(([name, { host }]) => [name, host])),
      async [Symbol.asyncDispose]() {
        for (const each of Object.values(started)) await each.stop()
      },
    }
  },
  steps(registry, _files, { basic = '', token = '', keep = '', search = '', paged = '' }) {
    const find = (words: string, ...flags: string[]) => ['search', ...flags, `${search}/${words}`]
    return [
      login(registry, user.password),
      ...[basic, token, keep].flatMap(host => [
        login(host, 'wrong'),
        login(host, user.password),
        ['pull', `${host}/nothing`],
        ['search', `${host}/busybox`],
        ['logout', host],
      ]),
      login('127.0.0.1:1', user.password),
      login(search, user.password),
      login('a b', user.password),
      find('busybox'),
      find('busybox', '--no-trunc'),
      find('busybox', '--limit', '1'),
      find('busybox', '--limit', '101'),
      find('busybox', '--filter', 'is-official=true'),
      find('busybox', '--filter', 'is-official=false'),
      find('busybox', '--filter', 'is-official=maybe'),
      find('busybox', '--filter', 'is-automated=true'),
      find('busybox', '--filter', 'stars=5'),
      find('busybox', '--filter', 'stars=5', '--filter', 'stars=100'),
      find('busybox', '--filter', 'stars=x'),
      find('busybox', '--filter', 'foo=bar'),
      find('library/busybox', '--format', 'json'),
      find('nothing'),
      find('broken'),
      find('forbidden'),
      find('html'),
      ['search', `http://${search}/busybox`],
      ['search', `${registry}/busybox`],
      ['search', '127.0.0.1:1/busybox'],
      ['pull', '--all-tags', `${registry}/app`],
      ['pull', '--all-tags', `${registry}/app`],
      ['pull', '--all-tags', '--quiet', `${registry}/app`],
      ['pull', '--all-tags', `${registry}/nothing`],
      ['pull', '--all-tags', `${basic}/nothing`],
      ['pull', '--all-tags', '127.0.0.1:1/nothing'],
      ['pull', '--all-tags', `${paged}/app`],
      { args: ['images', `${registry}/app`], sorted: true },
      { args: ['images', `${paged}/app`], sorted: true },
      ['manifest', 'inspect', '--insecure', `${registry}/app:one`],
      ['manifest', 'inspect', '--insecure', `${registry}/app:none`],
      ['info', '--format', '{{.IndexServerAddress}} {{json .RegistryConfig.InsecureRegistryCIDRs}}'],
    ]
  },
}
