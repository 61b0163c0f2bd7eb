import { startProxy } from '../../src/remotes/testdata/proxy.ts'
import { sendJson } from '../../src/remotes/testdata/registry.ts'
import type { DaemonSettings } from '../fixtures/daemon.ts'
import { ADDRESS, nameServers } from '../fixtures/named-servers.ts'
import type { Scenario, Servers, Step } from '../fixtures/scenario.ts'
import { putImage } from '../fixtures/small-image.ts'

const PLAIN = 5000
/** Names that only the proxy knows, and such that it is not for. */
const far = ['registry-1.docker.io', 'index.docker.io', 'far.example', 'below.example', 'nowhere.example']
const near = ['near.example', 'a.near.example', 'a.below.example']
const plain = `plain.example:${PLAIN}`
const except = `near.example,.below.example,${ADDRESS}/32`

/** A proxy in front of a registry with TLS and of one without; `settingsFor` tells the daemon of it. */
async function servers(
  settingsFor: (proxy: string) => DaemonSettings,
  proxyOf: (proxy: string) => string,
): Promise<Servers> {
  await using stack = new AsyncDisposableStack()
  const named = stack.use(await nameServers([...near, ...far]))
  const started = { tls: await named.start(443), plain: await named.start(PLAIN, { plain: true }) }
  const asked = new Set<string>()
  for (const registry of Object.values(started)) {
    for (const name of ['library/app', 'app']) putImage(registry, name)
    registry.intercept = (request, response, path) => {
      asked.add(`${request.headers.host}`)
      if (path.startsWith('/v1/search')) sendJson(response, 200, { results: [] })
      return path.startsWith('/v1/search')
    }
  }
  const tunnels = far.filter(name => name !== 'nowhere.example').map(name => [`${name}:443`, `${ADDRESS}:443`])
  const routes = { ...Object.fromEntries(tunnels), [plain]: `${ADDRESS}:${PLAIN}` }
  const proxy = stack.use(await startProxy({ routes, user: 'me:se cret' }))
  const settings = settingsFor(proxyOf(proxy.host))
  const running = stack.move()
  return {
    hosts: { proxy: proxy.host },
    // What the proxy is for can't be reached without it.
    etc: {
      hosts: named.hosts
        .split('\n')
        .filter(line => !far.some(name => line.endsWith(` ${name}`)))
        .join('\n'),
      'ssl/certs/ca-certificates.crt': named.authority.certificate,
    },
    settings: { ...settings, configuration: { ...settings.configuration, 'insecure-registries': [plain] } },
    asked() {
      const through = proxy.seen.map(({ what, authorization }) => {
        const [method = '', target = ''] = what.split(' ')
        const host = method === 'CONNECT' ? `a tunnel to ${target}` : `a request to ${URL.parse(target)?.host}`
        return `the proxy for ${host}${authorization === undefined ? '' : ', with a password'}`
      })
      const all = [...through, ...asked]
      proxy.seen.length = 0
      asked.clear()
      return all
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

const info = ['info', '--format', '{{.HTTPProxy}} {{.HTTPSProxy}} {{.NoProxy}}']

/** Each host once: a connection that is still open is asked again. */
const pulls: readonly Step[] = ['app', 'far.example/app', 'below.example/app', 'nowhere.example/app', `${plain}/app`]
  .concat(
    near.map(name => `${name}/app`),
    `${ADDRESS}:${PLAIN}/app`,
  )
  .flatMap(name => [['pull', '-q', name], 'asked' as const])

/** Proxies that the configuration names, whatever the environment says. */
export const proxies: Scenario = {
  name: 'proxies',
  images: async () => ({}),
  servers: () =>
    servers(
      url => ({
        configuration: { proxies: { 'http-proxy': url, 'https-proxy': url, 'no-proxy': except } },
        env: { HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: '*' },
      }),
      host => `http://me:se%20cret@${host}`,
    ),
  steps: () => [
    info,
    ...pulls,
    ['search', 'app'],
    'asked',
    ['import', `http://${plain}/missing`],
    'asked',
    ['tag', 'far.example/app', `${plain}/new`],
    ['push', '-q', `${plain}/new`],
  ],
}

/** Proxies that the environment names, in lower case; this one is not told the password. */
export const proxyEnvironment: Scenario = {
  name: 'proxy-environment',
  images: async () => ({}),
  servers: () =>
    servers(
      url => ({ env: { http_proxy: url, https_proxy: url, no_proxy: except } }),
      host => host,
    ),
  steps: () => [
    info,
    ...['near.example/app', 'far.example/app'].flatMap(name => [['pull', '-q', name], 'asked' as const]),
    ['login', '--username', 'me', '--password', 'secret', 'far.example'],
  ],
}
