import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { silentLogger } from '../std/index.ts'
import { createBridgeDriver } from './bridge-driver.ts'
import { attempt, run } from './commands.ts'
import type { Endpoint, PortBinding } from './network.ts'
import { createSandboxes } from './sandboxes.ts'
import { ask } from './testdata/ask.ts'
import { inPrivateNetwork } from './testdata/private-network.ts'

const peer = join(import.meta.dirname, 'testdata/peer.ts')
/** So long without an answer, in milliseconds, where none is to come. */
const silence = 2000
const driverOptions = { name: 'stratatest0', networkId: 'n'.repeat(64), table: 'strata_test', log: silentLogger }

if (await inPrivateNetwork(import.meta.filename)) define()

/** A driver and sandboxes of its own for one test; afterwards nothing may be left. */
async function setUp(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'strata-network-'))
  const sandboxes = createSandboxes({ root })
  const driver = createBridgeDriver(driverOptions)
  const endpoints = new Map<string, Endpoint>()
  t.after(async () => {
    await createBridgeDriver(driverOptions).destroy()
    await driver.close()
    for (const id of await sandboxes.list()) await sandboxes.remove(id)
    await rm(root, { recursive: true })
    assert.deepEqual(await leftovers(), [])
  })
  const attach = async (id: string, ports: PortBinding[] = []) => {
    const sandboxPath = await sandboxes.create(id)
    const endpoint = await driver.attach({ sandboxId: id, sandboxPath, ports, endpointName: id })
    endpoints.set(id, endpoint)
    return endpoint
  }
  const serve = async (id: string, port = 80) => {
    const argv = [`--net=${join(root, id)}`, process.execPath, peer, 'serve', String(port), id]
    const child = spawn('nsenter', argv, { stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(async () => {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    })
    await once(child.stdout, 'data')
  }
  const askFrom = (id: string, protocol: 'tcp' | 'udp', host: string, ...numbers: [port: number, patience?: number]) =>
    run(['nsenter', `--net=${join(root, id)}`, process.execPath, peer, 'ask', protocol, host, ...numbers.map(String)])
  return { root, sandboxes, driver, endpoints, attach, serve, askFrom }
}

/** The numbers at which an endpoint is published by IPv4. */
function hostPorts({ ports }: Endpoint): number[] {
  return ports.filter(({ hostIp }) => hostIp === '0.0.0.0').map(({ hostPort }) => hostPort)
}

/** Interfaces, tables and forward rules that bear the marks of the tests' driver. */
async function leftovers(): Promise<string[]> {
  const tables = (await run(['nft', 'list', 'tables', 'ip'])).split('\n').filter(line => line.includes('strata'))
  const rules = (await run(['iptables', '-S', 'FORWARD'])).split('\n').filter(line => line.includes('strata'))
  return [...(await interfaces()), ...tables, ...rules]
}

async function interfaces(): Promise<string[]> {
  return (await readdir('/sys/class/net')).filter(name => name.startsWith('veth') || name === driverOptions.name)
}

function define(): void {
  test('sandboxes of one bridge and the host reach each other', async t => {
    const { attach, serve, askFrom, driver } = await setUp(t)
    const a = await attach('a')
    const b = await attach('b')
    assert.deepEqual(await driver.start(), { subnet: '172.17.0.0/16', gateway: '172.17.0.1', bridge: 'stratatest0' })
    assert.deepEqual([a.address, b.address, a.gateway], ['172.17.0.2', '172.17.0.3', '172.17.0.1'])
    assert.equal(a.macAddress, '02:42:ac:11:00:02')
    await serve('a')
    assert.equal(await ask('tcp', a.address, 80), 'a 172.17.0.1')
    assert.equal(await askFrom('b', 'tcp', a.address, 80), `a ${b.address}`)
    assert.equal(await askFrom('b', 'udp', a.address, 80), `a ${b.address}`)
  })

  test('a published port is reached from everywhere', async t => {
    const { attach, serve, askFrom } = await setUp(t)
    const a = await attach('a', [
      { protocol: 'tcp', containerPort: 80, hostPort: 8080 },
      { protocol: 'udp', containerPort: 80, hostPort: 8080 },
    ])
    const published = ['tcp', 'udp'].flatMap(protocol =>
      ['0.0.0.0', '::'].map(hostIp => ({ protocol, containerPort: 80, hostIp, hostPort: 8080 })),
    )
    assert.deepEqual(a.ports, published)
    await attach('b')
    await serve('a')
    for (const protocol of ['tcp', 'udp'] as const) {
      assert.equal(await ask(protocol, '127.0.0.1', 8080), 'a 172.17.0.1', `${protocol} from loopback`)
      assert.equal(await ask(protocol, '::1', 8080), 'a 172.17.0.1', `${protocol} from loopback by IPv6`)
      assert.equal(await ask(protocol, '172.17.0.1', 8080), 'a 172.17.0.1', `${protocol} from the bridge's address`)
      assert.equal(await askFrom('b', protocol, '172.17.0.1', 8080), 'a 172.17.0.1', `${protocol} from a neighbour`)
      assert.equal(await askFrom('a', protocol, '172.17.0.1', 8080), 'a 172.17.0.1', `${protocol} from itself`)
    }
  })

  test('another machine reaches published ports only, and containers reach it masqueraded', async t => {
    const { sandboxes, attach, serve, askFrom } = await setUp(t)
    const outside = await sandboxes.create('outside')
    await run(['ip', 'link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', outside])
    t.after(() => attempt(['ip', 'link', 'delete', 'lan0']))
    await run(['ip', '-batch', '-'], 'address add 192.0.2.1/24 dev lan0\nlink set lan0 up\n')
    const inside = 'address add 192.0.2.2/24 dev eth0\nlink set eth0 up\nroute add 172.17.0.0/16 via 192.0.2.1\n'
    await run(['nsenter', `--net=${outside}`, 'ip', '-batch', '-'], inside)
    const a = await attach('a', [
      { protocol: 'tcp', containerPort: 80, hostPort: 8080 },
      { protocol: 'tcp', containerPort: 80, hostPort: 8081, hostIp: '127.0.0.1' },
    ])
    await serve('a')
    await serve('outside', 90)
    assert.equal(await askFrom('outside', 'tcp', '192.0.2.1', 8080), 'a 192.0.2.2')
    assert.equal(await ask('tcp', '127.0.0.1', 8081), 'a 172.17.0.1')
    await assert.rejects(askFrom('outside', 'tcp', '192.0.2.1', 8081), /ECONNREFUSED/)
    await assert.rejects(askFrom('outside', 'tcp', a.address, 80, silence), /no answer/)
    assert.equal(await askFrom('a', 'tcp', '192.0.2.2', 90), 'outside 192.0.2.1')
  })

  test("a container does not reach what listens on the host's loopback", async t => {
    const { attach, askFrom, root } = await setUp(t)
    const server = createServer(socket => socket.end('secret')).listen(7070, '127.0.0.1')
    t.after(() => server.close())
    await once(server, 'listening')
    await attach('a')
    const script =
      'echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet; ip route add 127.0.0.9 via 172.17.0.1; ip addr del 127.0.0.1/8 dev lo; ip route add 127.0.0.1 via 172.17.0.1 src 172.17.0.2'
    await run(['nsenter', `--net=${join(root, 'a')}`, 'sh', '-c', script])
    await assert.rejects(askFrom('a', 'tcp', '127.0.0.1', 7070, silence), /no answer|EHOSTUNREACH|ENETUNREACH/)
  })

  test('a port that is taken is refused with the text of Docker and leaves nothing', async t => {
    const { attach, driver, sandboxes } = await setUp(t)
    const tcp = createServer().listen(9000)
    const udp = createSocket('udp4').bind(9001)
    t.after(() => tcp.close())
    t.after(() => udp.close())
    await Promise.all([once(tcp, 'listening'), once(udp, 'listening')])
    await attach('a', [{ protocol: 'tcp', containerPort: 80, hostPort: 9002 }])
    const before = await interfaces()
    const sandboxPath = await sandboxes.create('b')
    const refused = async (binding: Partial<PortBinding>, text: string) => {
      const good: PortBinding = { protocol: 'tcp', containerPort: 80, hostPort: 9100 }
      const ports = [good, { ...good, ...binding }]
      await assert.rejects(driver.attach({ sandboxId: 'b', sandboxPath, ports, endpointName: 'b' }), error => {
        assert(error instanceof Error)
        const [, said] = /^driver failed programming external connectivity on endpoint b \([0-9a-f]{64}\): (.*)$/.exec(
          error.message,
        )!
        assert.equal(said, text)
        return true
      })
    }
    const failed = 'failed to bind host port for'
    await refused({ hostPort: 9000 }, `${failed} 0.0.0.0:9000:172.17.0.3:80/tcp: address already in use`)
    await refused(
      { protocol: 'udp', hostPort: 9001 },
      `${failed} 0.0.0.0:9001:172.17.0.3:80/udp: address already in use`,
    )
    await refused({ hostPort: 9002 }, 'Bind for 0.0.0.0:9002 failed: port is already allocated')
    await refused({ hostIp: '127.0.0.1', hostPort: 9002 }, 'Bind for 0.0.0.0:9002 failed: port is already allocated')
    await refused({ hostPort: 9100, hostPortEnd: 9100 }, 'Bind for 0.0.0.0:9100 failed: port is already allocated')
    await refused(
      { hostIp: '192.0.2.77', hostPort: 99 },
      `${failed} 192.0.2.77:99:172.17.0.3:80/tcp: cannot assign requested address`,
    )
    assert.deepEqual(await interfaces(), before)
    const ports: PortBinding[] = [{ protocol: 'tcp', containerPort: 80, hostPort: 9100 }]
    assert.equal((await driver.attach({ sandboxId: 'b', sandboxPath, ports })).address, '172.17.0.3')
  })

  test('ports that nobody named are chosen in order, and others of a range passed over', async t => {
    const { attach, driver } = await setUp(t)
    const [first] = execFileSync('cat', ['/proc/sys/net/ipv4/ip_local_port_range'], { encoding: 'utf8' })
      .split('\t')
      .map(Number)
    const a = await attach('a', [
      { protocol: 'tcp', containerPort: 80 },
      { protocol: 'udp', containerPort: 81 },
    ])
    assert.deepEqual(hostPorts(a), [first, first])
    const b = await attach('b', [
      { protocol: 'tcp', containerPort: 80 },
      { protocol: 'tcp', containerPort: 81, hostPort: first!, hostPortEnd: first! + 3 },
    ])
    assert.deepEqual(hostPorts(b), [first! + 1, first! + 2])
    await driver.detach('a')
    const c = await attach('c', [{ protocol: 'tcp', containerPort: 80, hostPort: first! }])
    assert.equal(c.address, a.address)
  })

  test('detach gives everything back, twice as well', async t => {
    const { attach, driver, serve, askFrom } = await setUp(t)
    const a = await attach('a', [{ protocol: 'tcp', containerPort: 80, hostPort: 8080 }])
    await attach('b')
    await serve('a')
    await driver.detach('a')
    await driver.detach('a')
    await assert.rejects(ask('tcp', '127.0.0.1', 8080), /ECONNREFUSED/)
    await assert.rejects(askFrom('b', 'tcp', a.address, 80, silence), /no answer|EHOSTUNREACH/)
    const server = createServer().listen(8080)
    await once(server, 'listening')
    server.close()
  })

  test('attaching many at once', async t => {
    const { attach, driver } = await setUp(t)
    const ids = Array.from({ length: 12 }, (_, index) => `s${index}`)
    const endpoints = await Promise.all(ids.map(id => attach(id, [{ protocol: 'tcp', containerPort: 80 }])))
    assert.equal(new Set(endpoints.map(({ address }) => address)).size, 12)
    assert.equal(new Set(endpoints.map(({ ports }) => ports[0]?.hostPort)).size, 12)
    const listed = await run(['nft', 'list', 'map', 'ip', 'strata_test', 'tcp_ports'])
    for (const { address } of endpoints) assert(listed.includes(`${address} . 80`))
    await Promise.all(ids.map(id => driver.detach(id)))
    assert(!(await run(['nft', 'list', 'map', 'ip', 'strata_test', 'tcp_ports'])).includes('elements'))
  })

  test('a new driver finds again what the last one made, and clears away what is stale', async t => {
    const { attach, endpoints, serve, driver } = await setUp(t)
    const a = await attach('a', [{ protocol: 'tcp', containerPort: 80, hostPort: 8080 }])
    await attach('stale', [{ protocol: 'tcp', containerPort: 80, hostPort: 8081 }])
    await serve('a')
    await serve('stale')
    await driver.close() // the kernel does as much when the process dies
    assert.equal(await ask('tcp', '127.0.0.1', 8080), 'a 172.17.0.1')
    const next = createBridgeDriver(driverOptions)
    t.after(() => next.close())
    await next.start()
    assert.equal(await ask('tcp', '127.0.0.1', 8080), 'a 172.17.0.1')
    endpoints.delete('stale')
    await next.recover(endpoints)
    assert.deepEqual(new Set(await interfaces()), new Set([driverOptions.name, a.hostInterface]))
    assert.equal(await ask('tcp', '127.0.0.1', 8080), 'a 172.17.0.1')
    await assert.rejects(ask('tcp', '127.0.0.1', 8081), /ECONNREFUSED/)
    const server = createServer().listen(8080)
    const [error] = await once(server, 'error')
    assert.equal(error.code, 'EADDRINUSE')
    await next.detach('a')
    await assert.rejects(ask('tcp', '127.0.0.1', 8080), /ECONNREFUSED/)
  })

  test('a port that was lost to another program meanwhile is no reason not to recover', async t => {
    const { attach, endpoints, serve, driver } = await setUp(t)
    await attach('a', [{ protocol: 'tcp', containerPort: 80, hostPort: 8080 }])
    await serve('a')
    await driver.close()
    const server = createServer().listen(8080)
    t.after(() => server.close())
    await once(server, 'listening')
    const next = createBridgeDriver(driverOptions)
    await next.recover(endpoints)
    assert.equal(await ask('tcp', '127.0.0.1', 8080), 'a 172.17.0.1')
    await next.detach('a')
  })

  test('rules and interfaces that someone removed are mended', async t => {
    const { attach, endpoints, serve, driver } = await setUp(t)
    const a = await attach('a', [{ protocol: 'tcp', containerPort: 80, hostPort: 8080 }])
    await serve('a')
    await run(['nft', 'flush', 'ruleset'])
    await assert.rejects(ask('tcp', '127.0.0.1', 8080), /closed without an answer|ECONNRESET/)
    await attach('b', [{ protocol: 'tcp', containerPort: 80, hostPort: 8081 }])
    assert.equal(await ask('tcp', '127.0.0.1', 8080), 'a 172.17.0.1')
    await run(['nft', 'flush', 'ruleset'])
    await run(['ip', 'link', 'set', a.hostInterface, 'nomaster'])
    await driver.recover(endpoints)
    assert.equal(await ask('tcp', '127.0.0.1', 8080), 'a 172.17.0.1')
    await run(['nft', 'flush', 'ruleset'])
    await driver.detach('a')
  })

  test('works where another program drops what it does not know, and leaves its rules alone', async t => {
    const { attach, serve, askFrom, driver } = await setUp(t)
    await run(['iptables', '-P', 'FORWARD', 'DROP'])
    await run(['iptables', '-A', 'FORWARD', '-i', 'docker0', '-m', 'comment', '--comment', 'two words', '-j', 'ACCEPT'])
    t.after(() => run(['nft', 'flush', 'ruleset']))
    const theirs = await run(['iptables', '-S'])
    await attach('a', [{ protocol: 'tcp', containerPort: 80, hostPort: 8080 }])
    await attach('b')
    await serve('a')
    assert.equal(await askFrom('b', 'tcp', '172.17.0.1', 8080), 'a 172.17.0.1')
    assert.notEqual(await run(['iptables', '-S']), theirs)
    await driver.destroy()
    assert.equal(await run(['iptables', '-S']), theirs)
  })

  test('the next free subnet is taken beside another bridge', async t => {
    await run(['ip', 'link', 'add', 'other0', 'type', 'bridge'])
    t.after(() => run(['ip', 'link', 'delete', 'other0']))
    await run(['ip', 'address', 'add', '172.17.0.1/16', 'dev', 'other0'])
    const { attach } = await setUp(t)
    assert.equal((await attach('a')).address, '172.18.0.2')
  })

  test('a subnet and gateway that are given, and changed', async t => {
    const { sandboxes, driver } = await setUp(t)
    await driver.start()
    const other = createBridgeDriver({ ...driverOptions, subnet: '10.9.0.7/24' })
    assert.deepEqual(await other.start(), { subnet: '10.9.0.0/24', gateway: '10.9.0.7', bridge: 'stratatest0' })
    const endpoint = await other.attach({ sandboxId: 'x', sandboxPath: await sandboxes.create('x'), ports: [] })
    assert.deepEqual([endpoint.address, endpoint.gateway], ['10.9.0.1', '10.9.0.7'])
    const addresses = await run(['ip', '-4', '-o', 'address', 'show', 'dev', 'stratatest0'])
    assert.deepEqual(addresses.match(/inet \S+/g), ['inet 10.9.0.7/24'])
    await other.close()
    const next = createBridgeDriver(driverOptions)
    assert.equal((await next.start()).gateway, '10.9.0.7')
    const wrong = createBridgeDriver({ ...driverOptions, subnet: '10.9.0.0' })
    await assert.rejects(wrong.start(), { code: 'invalid_argument' })
  })

  test('sandboxes come and go by name', async t => {
    const { sandboxes } = await setUp(t)
    assert.deepEqual(await sandboxes.list(), [])
    await sandboxes.create('x')
    await assert.rejects(sandboxes.create('x'), { code: 'already_exists' })
    await assert.rejects(sandboxes.create('../x'), { code: 'invalid_argument' })
    assert.deepEqual(await sandboxes.list(), ['x'])
    await sandboxes.remove('x')
    await sandboxes.remove('x')
    assert.deepEqual(await sandboxes.list(), [])
  })
}
