import assert from 'node:assert/strict'
import { mkdir, readFile, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isolated } from './fixtures/isolation.ts'
import { eventually, startLab } from './fixtures/lab.ts'

if (await isolated(import.meta.filename)) {
  const { engine, image, ok, root } = await startLab()

  /** What a shell script in a new container says; flags go before the image. */
  const sh = (script: string, ...flags: string[]) => ok('run', '--rm', ...flags, image, 'sh', '-c', script)
  const status = (...flags: string[]) => sh('cat /proc/self/status', ...flags)
  const fieldOf = (text: string, name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1]

  test('by default: capabilities, seccomp and namespaces as Docker gives them', async () => {
    const text = await status()
    for (const set of ['CapPrm', 'CapEff', 'CapBnd']) assert.equal(fieldOf(text, set), '00000000a80425fb', set)
    for (const set of ['CapInh', 'CapAmb']) assert.equal(fieldOf(text, set), '0000000000000000', set)
    assert.equal(fieldOf(text, 'Seccomp'), '2')
    assert.equal(fieldOf(text, 'NoNewPrivs'), '0')
    const own = await sh('for n in mnt pid ipc uts net; do readlink /proc/self/ns/$n; done; echo pid $$')
    for (const line of own.split('\n').slice(0, 5)) {
      const host = await readFile('/proc/self/mountinfo', 'utf8')
      assert.ok(!host.includes(line))
    }
    assert.match(own, /pid 1$/)
  })

  test('the root can do no more than that', async () => {
    const tries = {
      'mount -t tmpfs none /srv': /denied|not permitted/,
      'mknod /dev/disk b 254 0 && cat /dev/disk': /not permitted/,
      'echo 1 > /proc/sys/kernel/core_uses_pid': /Read-only file system/,
      'mkdir $(dirname $(find /sys/fs/cgroup -name cgroup.procs | head -n 1))/x': /Read-only file system/,
      'ip link add type dummy': /not permitted/,
      'unshare -r true': /not permitted/,
      dmesg: /not permitted/,
      'hostname other': /not permitted/,
      'chroot / true': undefined,
    }
    const scripts = Object.keys(tries).map(line => `{ ${line}; } >/dev/null 2>/tmp/e || cat /tmp/e; echo "-- $?"`)
    const answers = (await sh(scripts.join('\n'))).split(/-- \d+\n?/)
    for (const [index, [line, refusal]] of Object.entries(tries).entries()) {
      if (refusal) assert.match(answers[index]!, refusal, line)
      else assert.equal(answers[index], '', line)
    }
  })

  test('masked and read-only paths', async () => {
    assert.equal(await sh('cat /proc/kcore /proc/keys /proc/timer_list | wc -c'), '0')
    assert.equal(await sh('ls /proc/acpi /sys/firmware | grep -v :$ | tr -d "\\n"'), '')
    const readonly = await sh("awk '$2 ~ /^\\/proc\\// && $4 ~ /^ro/ {print $2}' /proc/mounts")
    for (const path of ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys']) {
      assert.ok(readonly.split('\n').includes(path), path)
    }
  })

  test('devices: those of Docker, and what --device names', async () => {
    const names = await sh('ls /dev')
    // `core` is a link to /proc/kcore, where the kernel has that.
    assert.deepEqual(
      names.split('\n').filter(name => name !== 'core'),
      [
        ...['fd', 'full', 'mqueue', 'null', 'ptmx', 'pts', 'random', 'shm', 'stderr', 'stdin', 'stdout', 'tty'],
        ...['urandom', 'zero'],
      ],
    )
    const device = await sh(
      'head -c 4 /dev/nought | od -An -tx1; echo x > /dev/nought',
      '--device',
      '/dev/zero:/dev/nought:rw',
    )
    assert.equal(device.trim(), '00 00 00 00')
  })

  test('--privileged, and capabilities one by one', async () => {
    const own = fieldOf(await readFile('/proc/self/status', 'utf8'), 'CapBnd')
    const privileged = await status('--privileged')
    assert.equal(fieldOf(privileged, 'CapEff'), own)
    assert.equal(fieldOf(privileged, 'Seccomp'), '0')
    await sh('mount -t tmpfs none /srv && echo 1 > /srv/x && test -e /dev/kmsg', '--privileged')
    assert.equal(fieldOf(await status('--cap-drop', 'ALL'), 'CapEff'), '0000000000000000')
    assert.equal(fieldOf(await status('--cap-drop', 'all', '--cap-add', 'cap_chown'), 'CapEff'), '0000000000000001')
    assert.equal(fieldOf(await status('--cap-drop', 'CHOWN'), 'CapEff'), '00000000a80425fa')
    assert.equal(fieldOf(await status('--cap-add', 'NET_ADMIN'), 'CapEff'), '00000000a80435fb')
    assert.equal(fieldOf(await status('--security-opt', 'seccomp=unconfined'), 'Seccomp'), '0')
    assert.equal(fieldOf(await status('--security-opt', 'no-new-privileges'), 'NoNewPrivs'), '1')
  })

  test('a user without root has no capabilities in effect', async () => {
    const text = await status('--user', 'app')
    assert.equal(fieldOf(text, 'CapEff'), '0000000000000000')
    assert.equal(fieldOf(text, 'CapBnd'), '00000000a80425fb')
    assert.equal(fieldOf(text, 'Uid'), '1000\t1000\t1000\t1000')
    assert.equal(await sh('id', '-u', 'app'), 'uid=1000(app) gid=1000(app) groups=50(staff),1000(app)')
    assert.equal(await sh('id -u; id -g', '-u', '5:6'), '5\n6')
    await ok('run', '-d', '--name', 'users', image, 'sleep', '1000')
    assert.equal(await ok('exec', '-u', 'app', 'users', 'id', '-un'), 'app')
    assert.match(await ok('exec', '--privileged', 'users', 'grep', 'CapEff', '/proc/self/status'), /1ff|ffff/)
    assert.match(await ok('exec', 'users', 'grep', 'CapEff', '/proc/self/status'), /a80425fb/)
    assert.match(await ok('exec', 'users', 'grep', 'Seccomp:', '/proc/self/status'), /2$/)
    await ok('rm', '-f', 'users')
  })

  test('--read-only, --tmpfs, binds', async () => {
    assert.match(
      await sh(
        'touch /x 2>&1; touch /scratch/x && stat -c %a /scratch',
        '--read-only',
        '--tmpfs',
        '/scratch:mode=1750',
      ),
      /Read-only file system\n1750/,
    )
    const folder = join(root, 'bound')
    await mkdir(folder)
    await writeFile(join(folder, 'in'), 'from the host')
    assert.equal(await sh('cat /data/in; echo back > /data/out', '-v', `${folder}:/data`), 'from the host')
    assert.equal(await readFile(join(folder, 'out'), 'utf8'), 'back\n')
    assert.match(await sh('touch /data/no 2>&1; true', '-v', `${folder}:/data:ro`), /Read-only file system/)
    assert.match(
      await sh('touch /data/no 2>&1; true', '--mount', `type=bind,src=${folder},dst=/data,readonly`),
      /Read-only/,
    )
    assert.equal(await sh('cat /deep/er/file', '-v', `${folder}/in:/deep/er/file`), 'from the host', 'one file')
    assert.equal(await sh('ls -A /data', '-v', `${root}/made:/data`), '', 'a folder that was not there')
    const missing = await engine.docker([
      'run',
      '--rm',
      '--mount',
      `type=bind,src=${root}/nothing,dst=/x`,
      image,
      'true',
    ])
    assert.match(missing.stderr, /invalid mount config for type "bind": bind source path does not exist/)
  })

  test('a named volume begins with what the image has there, and stays', async () => {
    assert.equal(await sh('cat /srv/index.html; echo new > /srv/new', '-v', 'kept:/srv'), 'hello from strata')
    assert.equal(await sh('cat /srv/new /srv/index.html', '-v', 'kept:/srv'), 'new\nhello from strata')
    assert.equal(await sh('ls /srv', '-v', 'bare:/srv:nocopy'), '')
    assert.match(await sh('touch /srv/x 2>&1; true', '-v', 'kept:/srv:ro'), /Read-only/)
  })

  test('an anonymous volume goes with --rm, or rm -v', async () => {
    const source = ['inspect', '-f', '{{(index .Mounts 0).Source}}']
    await ok('run', '-d', '--rm', '--name', 'brief', '-v', '/data', image, 'sleep', '1000')
    const brief = await ok(...source, 'brief')
    const gone = ok('wait', '--', 'brief')
    await ok('stop', '-t', '0', 'brief')
    await gone
    await eventually(
      () => ok('ps', '-aq', '--filter', 'name=brief'),
      text => text === '',
    )
    await assert.rejects(readFile(join(brief, '.')), { code: 'ENOENT' })
    for (const [flag, there] of [
      ['-f', true],
      ['-fv', false],
    ] as const) {
      await ok('create', '--name', 'one', '-v', '/data', image)
      const path = await ok(...source, 'one')
      await ok('rm', flag, 'one')
      const code = await readFile(path).catch((error: NodeJS.ErrnoException) => error.code)
      assert.equal(code, there ? 'EISDIR' : 'ENOENT', flag)
    }
  })

  test('limits are in the cgroup', async () => {
    const limits = ['--memory', '64m', '--cpus', '0.5', '--pids-limit', '30', '--cpu-shares', '512']
    await ok('run', '-d', '--name', 'limited', ...limits, image, 'sleep', '1000')
    const pid = await ok('inspect', '-f', '{{.State.Pid}}', 'limited')
    const read = await cgroupReader(pid)
    assert.equal(await read('memory', 'memory.limit_in_bytes', 'memory.max'), String(64 << 20))
    assert.match(await read('cpu', 'cpu.cfs_quota_us', 'cpu.max'), /^50000( 100000)?$/)
    assert.equal(await read('pids', 'pids.max', 'pids.max'), '30')
    await ok('rm', '-f', 'limited')
    const forks = ['sh', '-c', 'for i in 1 2 3 4 5 6 7 8 9 10; do sleep 5 & done']
    const { stderr } = await engine.docker(['run', '--rm', '--pids-limit', '6', image, ...forks])
    assert.match(stderr, /can't fork/)
  })

  test('what the OOM killer does is told', async () => {
    const script = 'x=xxxxxxxx; while :; do x=$x$x; done'
    const events = new Date(Date.now() - 1000).toISOString()
    const { status: code } = await engine.docker([
      'run',
      '--name',
      'greedy',
      '--memory',
      '16m',
      '--memory-swap',
      '16m',
      image,
      'sh',
      '-c',
      script,
    ])
    assert.equal(code, 137)
    assert.equal(await ok('inspect', '-f', '{{.State.OOMKilled}} {{.State.ExitCode}}', 'greedy'), 'true 137')
    const heard = await ok(
      'events',
      '--since',
      events,
      '--until',
      new Date(Date.now() + 5).toISOString(),
      '--filter',
      'container=greedy',
      '--format',
      '{{.Action}}',
    )
    assert.ok(heard.split('\n').includes('oom'), heard)
    await ok('rm', 'greedy')
    await ok('run', '--name', 'frugal', '--memory', '16m', image, 'true')
    assert.equal(await ok('inspect', '-f', '{{.State.OOMKilled}}', 'frugal'), 'false')
  })

  test('ulimits, sysctls, the size of /dev/shm', async () => {
    assert.equal(await sh('ulimit -Sn; ulimit -Hn', '--ulimit', 'nofile=123:234'), '123\n234')
    assert.equal(await sh('cat /proc/sys/net/ipv4/ip_unprivileged_port_start'), '0')
    assert.equal(await sh('cat /proc/sys/net/core/somaxconn', '--sysctl', 'net.core.somaxconn=77'), '77')
    assert.match(await sh('df -k /dev/shm | tail -1'), /^shm\s+65536\s/)
    assert.match(await sh('df -k /dev/shm | tail -1', '--shm-size', '1m'), /^shm\s+1024\s/)
  })

  test('names: host name, environment, working folder, hosts, resolver', async () => {
    assert.equal(
      await sh('hostname; cat /etc/hostname', '--hostname', 'given', '--domainname', 'example.org'),
      'given\ngiven',
    )
    assert.equal(await sh('pwd; ls -A', '-w', '/made/for/it'), '/made/for/it')
    assert.equal(await sh('echo "$A|$B|$HOME|$HOSTNAME"', '-e', 'A=1 2', '-e', 'B=', '--hostname', 'h'), '1 2||/root|h')
    const hosts = await sh(
      'cat /etc/hosts',
      '--add-host',
      'other:192.0.2.9',
      '--add-host',
      'gate:host-gateway',
      '--hostname',
      'me',
    )
    assert.match(hosts, /^192\.0\.2\.9\tother$/m)
    assert.match(hosts, /^\d+\.\d+\.\d+\.\d+\tgate$/m)
    assert.match(hosts, /^\d+\.\d+\.\d+\.\d+\tme$/m)
    const resolver = await sh('cat /etc/resolv.conf', '--dns', '192.0.2.53', '--dns-search', 'example.org')
    assert.match(resolver, /^nameserver 192\.0\.2\.53$/m)
    assert.match(resolver, /^search example\.org$/m)
  })

  test('networks: none, host, and another container', async () => {
    assert.equal(await sh('ls /sys/class/net', '--network', 'none'), 'lo')
    const own = await ok('run', '--rm', '--network', 'host', image, 'readlink', '/proc/self/ns/net')
    await ok('run', '-d', '--name', 'first', '--hostname', 'shared', image, 'sleep', '1000')
    const first = await ok('exec', 'first', 'sh', '-c', 'readlink /proc/self/ns/net; hostname -i; cat /etc/hosts')
    const joined = await sh('readlink /proc/self/ns/net; hostname -i; cat /etc/hosts', '--network', 'container:first')
    assert.equal(joined, first)
    assert.notEqual(own, first.split('\n')[0])
    assert.equal(await sh('ps | grep -c "sleep 100[0]"', '--pid', 'container:first'), '1')
    assert.equal(await sh('hostname', '--uts', 'host'), (await readFile('/proc/sys/kernel/hostname', 'utf8')).trim())
    await ok('rm', '-f', 'first')
    const gone = await engine.docker(['run', '--rm', '--network', 'container:first', image, 'true'])
    assert.equal(gone.status, 125)
    assert.match(gone.stderr, /No such container: first/)
  })

  test('the cgroup namespace that a container gets by default is told', async () => {
    await ok('run', '-d', '--name', 'one', image, 'sleep', '1000')
    const own =
      (await ok('exec', 'one', 'readlink', '/proc/self/ns/cgroup')) !== (await readlink('/proc/self/ns/cgroup'))
    assert.equal(await ok('inspect', '-f', '{{.HostConfig.CgroupnsMode}}', 'one'), own ? 'private' : 'host')
  })

  test('groups, entrypoint, labels and the order of weight of the environment', async () => {
    assert.equal(await sh('id -G', '-u', 'app', '--group-add', '7'), '1000 7 50')
    assert.equal(await ok('run', '--rm', '--entrypoint', 'echo', image, 'a', 'b'), 'a b')
    await ok('create', '--name', 'labelled', '--label', 'a=1', '--label', 'b', image)
    assert.equal(await ok('inspect', '-f', '{{json .Config.Labels}}', 'labelled'), '{"a":"1","b":""}')
    await ok('rm', 'labelled')
  })
}

/** Reads limits of the cgroup of a process, by controller and file of version 1, or by file of version 2. */
async function cgroupReader(pid: string) {
  const lines = (await readFile(`/proc/${pid}/cgroup`, 'utf8'))
    .trim()
    .split('\n')
    .map(line => line.split(':'))
  return async (controller: string, v1: string, v2: string) => {
    const old = lines.find(([, controllers]) => controllers!.split(',').includes(controller))
    const [, , path] = old ?? lines.find(([id]) => id === '0')!
    const file = old ? join('/sys/fs/cgroup', controller, path!, v1) : join('/sys/fs/cgroup', path!, v2)
    return (await readFile(file, 'utf8')).trim()
  }
}
