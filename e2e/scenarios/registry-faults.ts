import { faultyRepositories, startFaultyRegistry } from '../fixtures/faulty-registry.ts'
import { realmRepositories, startOddRealm } from '../fixtures/odd-realm.ts'
import type { Scenario } from '../fixtures/scenario.ts'

/**
 * Where dockerd takes what Strata refuses, or the other way round, or has words of Go or none at all; and where the docker
 * CLI asks for a login, which nobody answers here. See registry-faults.test.ts.
 */
export const otherwise: ReadonlySet<string> = new Set([
  ...['busy-wordless', 'gone', 'empty-404', 'unauthorized-bare', 'no-errors', 'no-errors-list', 'strange-code'],
  ...['no-code', 'empty', 'html', 'blob-denied', 'config-larger', 'config-smaller', 'config-huge', 'config-negative'],
  ...['config-other', 'layer-larger', 'layer-smaller', 'layer-huge', 'layer-negative'],
  ...['huge', 'text', 'no-date', 'list', 'circle'],
  ...['unauthorized-words', 'refused', 'denied-details'],
])

/** Registries that refuse, break, lie and lose things, and realms that give odd tokens or none. */
export const registryFaults: Scenario = {
  name: 'registry-faults',
  images: async () => ({}),
  async servers() {
    const faulty = await startFaultyRegistry()
    const realm = await startOddRealm()
    return {
      hosts: { faulty: faulty.host, realm: realm.host },
      async [Symbol.asyncDispose]() {
        await faulty.stop()
        await realm.stop()
      },
    }
  },
  steps(_registry, _files, { faulty, realm }) {
    const names = [
      ...faultyRepositories.filter(name => !otherwise.has(name)).map(name => `${faulty}/${name}`),
      ...realmRepositories.filter(name => !otherwise.has(name)).map(name => `${realm}/${name}`),
    ]
    return [
      ...names.map(name => ['pull', '-q', name]),
      ...[faulty, realm].map(host => ({
        args: ['images', '--format', '{{.Repository}}', '--filter', `reference=${host}/*`],
        sorted: true,
      })),
    ]
  },
}
