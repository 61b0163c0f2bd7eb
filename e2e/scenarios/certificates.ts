import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { makeAuthority } from '../../src/remotes/testdata/certificates.ts'
import { ADDRESS, nameServers } from '../fixtures/named-servers.ts'
import type { Scenario } from '../fixtures/scenario.ts'
import { putImage } from '../fixtures/small-image.ts'

/** Hosts by what is in their folders. */
const folders = ['none', 'ca', 'wrong-ca', 'garbage-ca', 'two-ca', 'client', 'client-only', 'no-key', 'no-cert']
  .concat('bad-pair', 'garbage-key', 'garbage-cert', 'nested', 'other-names', 'file')
  .map(name => `${name}.example`)

/** Hosts that the configuration calls insecure, some by their ports only. */
const insecure = ['host', 'port', 'tls-port'].map(name => `${name}.insecure.example`)
const [PLAIN, TLS] = [5000, 5443]

/** Registries with certificates of all sorts in their folders, and insecure ones. */
export const certificates: Scenario = {
  name: 'certificates',
  images: async () => ({}),
  async servers() {
    await using stack = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'strata-certificates-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const named = stack.use(await nameServers([...folders, 'known.example', ...insecure]))
    const stranger = await makeAuthority(folder, 'stranger')
    const shown = new Set<string>()
    for (const port of [443, TLS, PLAIN]) {
      const registry = await named.start(port, { plain: port === PLAIN })
      putImage(registry, 'app')
      registry.intercept = ({ socket }) => {
        const { subject } = socket instanceof TLSSocket ? socket.getPeerCertificate() : {}
        if (subject) shown.add(`certificate of ${subject.CN}`)
        return false
      }
    }
    const ca = named.authority.certificate
    const mine = await named.authority.issue('mine', ['DNS:me'])
    const other = await stranger.issue('other', ['DNS:you'])
    const client = { 'client.cert': mine.cert, 'client.key': mine.key }
    const files: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      'ca.example': { 'ca.crt': ca },
      'wrong-ca.example': { 'ca.crt': stranger.certificate },
      'garbage-ca.example': { 'ca.crt': 'garbage' },
      'two-ca.example': { 'a.crt': stranger.certificate, 'b.crt': `what follows is good\n${ca}` },
      'client.example': { 'ca.crt': ca, ...client },
      'client-only.example': client,
      'no-key.example': { 'ca.crt': ca, 'client.cert': mine.cert },
      'no-cert.example': { 'ca.crt': ca, 'client.key': mine.key },
      'bad-pair.example': { 'ca.crt': ca, 'client.cert': mine.cert, 'client.key': other.key },
      'garbage-key.example': { 'ca.crt': ca, 'client.cert': mine.cert, 'client.key': 'garbage' },
      'garbage-cert.example': { 'ca.crt': ca, 'client.cert': 'garbage', 'client.key': mine.key },
      'nested.example': { 'more/ca.crt': ca },
      'other-names.example': { 'ca.pem': ca, README: 'words' },
      [`known.example:${TLS}`]: { 'ca.crt': ca },
      'known.example:443': { 'ca.crt': ca },
    }
    const etc = Object.entries(files).flatMap(([host, each]) =>
      Object.entries(each).map(([name, text]) => [`docker/certs.d/${host}/${name}`, text] as const),
    )
    const entries = ['host.insecure.example', `port.insecure.example:${PLAIN}`, 'tls-port.insecure.example:443']
    const running = stack.move()
    return {
      hosts: {},
      etc: { hosts: named.hosts, 'docker/certs.d/file.example': 'a file', ...Object.fromEntries(etc) },
      settings: { configuration: { 'insecure-registries': entries } },
      asked() {
        const all = [...shown]
        shown.clear()
        return all
      },
      [Symbol.asyncDispose]: () => running.disposeAsync(),
    }
  },
  steps: () => [
    ...folders.flatMap(host => [['pull', '-q', `${host}/app`], 'asked' as const]),
    ...[`known.example:${TLS}`, 'known.example:443'].map(host => ['pull', '-q', `${host}/app`]),
    ...['no-key', 'garbage-key', 'none'].map(name => [
      ...['login', '--username', 'me', '--password', 'secret'],
      `${name}.example`,
    ]),
    ...['no-key', 'none'].map(name => ['search', `${name}.example/app`]),
    ['pull', '-q', 'host.insecure.example/app'],
    ...insecure.map(host => ['pull', '-q', `${host}:${PLAIN}/app`]),
    ['pull', '-q', 'tls-port.insecure.example:443/app'],
    ['pull', '-q', `${ADDRESS}:${PLAIN}/app`],
    ['info', '--format', '{{json .RegistryConfig.IndexConfigs}}'],
  ],
}
