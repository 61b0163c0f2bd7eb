import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { after, before, type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createExecProcess, createRuntime, createSpec } from './index.ts'
import type { Process, ProcessIo, Runtime, Task } from './runtime.ts'
import type { SpecOptions } from './spec-options.ts'

const shimPath = new URL('../../native/build/strata-shim', import.meta.url).pathname
const pipes: ProcessIo = { terminal: false, stdin: false, stdinOnce: false }
const both = { stdin: false, stdout: true, stderr: true }
const cgroupParent = `/strata-test-${process.pid}`

/** What every OCI runtime must do, by way of the real program `name` and busybox; needs root. */
export function testRuntime(name: string): void {
  let folder: string
  let rootfs: string
  let runtime: Runtime

  function openRuntime(): Runtime {
    const runtimes = { [name]: { path: name }, missing: { path: '/nonexistent/runc' } }
    return createRuntime({ execRoot: join(folder, 'exec'), shimPath, runtimes, defaultRuntime: name })
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'strata-runtime-'))
    rootfs = join(folder, 'rootfs')
    for (const name of ['bin', 'proc', 'sys', 'dev', 'etc', 'tmp']) await mkdir(join(rootfs, name), { recursive: true })
    await copyFile('/bin/busybox', join(rootfs, 'bin/busybox'))
    for (const name of ['sh', 'cat', 'echo', 'sleep', 'stty', 'tail', 'id', 'true', 'head', 'hostname', 'env', 'pwd']) {
      await symlink('busybox', join(rootfs, 'bin', name))
    }
    await writeFile(join(rootfs, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nann:x:1000:1001::/home/ann:/bin/sh\n')
    await writeFile(join(rootfs, 'etc/group'), 'root:x:0:\nann:x:1001:\nmore:x:1002:ann\n')
    runtime = openRuntime()
  })

  after(async () => {
    for (const id of await runtime.list()) await runtime.remove(id)
    for (const hierarchy of await readdir('/sys/fs/cgroup')) {
      await rm(join('/sys/fs/cgroup', hierarchy, cgroupParent), { recursive: true, force: true }).catch(() => undefined)
    }
    await rm(folder, { recursive: true, force: true })
  })

  /** What all processes of the machine were called with. */
  async function commandLines(): Promise<string[]> {
    const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
    return Promise.all(pids.map(pid => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')))
  }

  let made = 0

  async function taskFor(t: TestContext, args: string[], io = pipes, more: Partial<SpecOptions> = {}): Promise<Task> {
    const id = `t${made++}`
    t.after(() => runtime.remove(id))
    const spec = await createSpec({ id, rootfs, args, terminal: io.terminal, cgroupParent, ...more })
    return runtime.create({ id, spec, io })
  }

  /** Starts a process and returns its whole output and its exit code. */
  async function outcome(process: Process): Promise<{ output: string; code: number }> {
    const attached = buffer(await process.attach(both))
    await process.start()
    const { code } = await process.wait()
    return { output: unframed(await attached), code }
  }

  function unframed(bytes: Buffer): string {
    let found = ''
    for (let at = 0; at < bytes.length; at += 8 + bytes.readUInt32BE(at + 4)) {
      found += bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at + 4)).toString()
    }
    return found
  }

  const sh = (script: string) => ['sh', '-c', script]

  test('output, exit code, host name, environment and user of a container', async t => {
    const script = 'hostname; echo $PATH:$FOO:$HOME; id; pwd; exit 9'
    const options = { env: ['FOO=bar'], user: 'ann', cwd: '/made/here', hostname: 'box' }
    const { output, code } = await outcome(await taskFor(t, sh(script), pipes, options))
    const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    const id = 'uid=1000(ann) gid=1001(ann) groups=1001(ann),1002(more)'
    assert.equal(output, `box\n${path}:bar:/home/ann\n${id}\n/made/here\n`)
    assert.equal(code, 9)
  })

  test('a signal ends it with 128 and its number', async t => {
    const task = await taskFor(t, sh('trap "exit 5" TERM; echo ready; sleep 100 & wait'))
    const output = await task.attach(both)
    await task.start()
    for await (const _ of output) break
    await task.kill(15)
    assert.equal((await task.wait()).code, 5)
    const other = await taskFor(t, ['sleep', '100'])
    await other.start()
    await other.kill(9)
    assert.deepEqual({ ...(await other.wait()), at: 0 }, { code: 137, at: 0, oomKilled: false })
  })

  test('a terminal: raw output, first size, resize, input', async t => {
    const io = { terminal: true, stdin: true, stdinOnce: true, size: { columns: 91, rows: 17 } }
    const task = await taskFor(t, sh('stty size; read a; stty size; echo "<$a>"; test -t 0'), io)
    const stream = await task.attach({ ...both, stdin: true })
    const output = text(stream)
    await task.start()
    await task.resize({ columns: 50, rows: 20 })
    stream.write('typed\n')
    assert.equal((await task.wait()).code, 0)
    assert.match(await output, /(17 91|20 50)\r\n.*20 50\r\n<typed>\r\n$/s)
  })

  test('the first size of a terminal is the runtime’s to set: the shim gets the terminal when the program may run', async t => {
    const size = { columns: 91, rows: 17 }
    const io = { ...pipes, terminal: true, size }
    const expected = { width: size.columns, height: size.rows }
    const told = async (file: string) => JSON.parse(await readFile(join(folder, 'exec/tasks', file), 'utf8'))
    const task = await taskFor(t, sh('stty size; sleep 100'), io)
    assert.deepEqual((await told(`${task.id}/config.json`)).process.consoleSize, expected)
    const output = await task.attach(both)
    await task.start()
    let first = ''
    for await (const bytes of output) {
      first += String(bytes)
      if (first.endsWith('\n')) break
    }
    assert.equal(first, '17 91\r\n')
    const spec = await createSpec({ id: task.id, rootfs, args: ['sleep', '100'], cgroupParent })
    const process = await createExecProcess({ spec, rootfs, args: ['stty', 'size'], terminal: true })
    const exec = await task.exec({ id: 'e', process, io })
    assert.deepEqual((await told(`${task.id}/exec/e/process.json`)).consoleSize, expected)
    const shown = text(await exec.attach(both))
    await exec.start()
    // crun sets that of an exec from outside, when the program may run already.
    if (name === 'runc') assert.equal(await shown, '17 91\r\n')
  })

  test('exec: output, code, environment, a terminal, and a later engine finds it', async t => {
    const task = await taskFor(t, ['sleep', '100'], pipes, { env: ['A=1'] })
    await task.start()
    const spec = await createSpec({ id: task.id, rootfs, args: ['sleep', '100'], cgroupParent, env: ['A=1'] })
    const run = async (id: string, args: string[], terminal = false) => {
      const description = await createExecProcess({ spec, rootfs, args, terminal, env: ['B=2'], user: '1000' })
      return task.exec({ id, process: description, io: { ...pipes, terminal } })
    }
    const first = await run('first', sh('echo $A$B; id -u; exit 4'))
    assert.deepEqual(await outcome(first), { output: '12\n1000\n', code: 4 })
    const second = await run('second', sh('test -t 1 && echo yes'), true)
    const output = text(await second.attach(both))
    await second.start()
    assert.equal(await output, 'yes\r\n')
    const later = await (await openRuntime().load(task.id)).loadExec('first')
    assert.equal((await later.wait()).code, 4)
    await assert.rejects(task.loadExec('other'), { code: 'not_found' })
    await task.removeExec('first')
    await task.removeExec('first')
    await assert.rejects(task.loadExec('first'), { code: 'not_found' })
    await assert.rejects((await run('third', ['nosuch'])).start(), {
      code: 'invalid_argument',
      message:
        'OCI runtime exec failed: exec failed: unable to start container process: exec: "nosuch": executable file not found in $PATH',
      details: { exitCode: 127 },
    })
  })

  test('what can’t be executed is refused with Docker’s words and exit code', async t => {
    const prefix =
      'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: '
    const cases = [
      ['nosuch', 127, 'exec: "nosuch": executable file not found in $PATH'],
      ['/etc', 126, 'exec: "/etc": permission denied'],
      ['/etc/passwd', 126, 'exec: "/etc/passwd": permission denied'],
      ['/nosuch', 127, 'exec: "/nosuch": stat /nosuch: no such file or directory'],
    ] as const
    for (const [command, exitCode, words] of cases) {
      const task = await taskFor(t, [command])
      await assert.rejects(task.start(), { code: 'invalid_argument', message: prefix + words, details: { exitCode } })
    }
    const spec = await createSpec({ id: 'x', rootfs, args: ['true'], cgroupParent })
    await assert.rejects(runtime.create({ id: 'x', spec, io: pipes, runtime: 'other' }), { code: 'invalid_argument' })
    const missing = await runtime.create({ id: 'x', spec, io: pipes, runtime: 'missing' })
    t.after(() => runtime.remove('x'))
    await assert.rejects(missing.start(), { message: /\/nonexistent\/runc: No such file or directory/ })
  })

  test('a later engine takes a running task over, and learns of an exit that it has not seen', async t => {
    const task = await taskFor(t, sh('read a; echo "got $a"; exit 3'), {
      terminal: false,
      stdin: true,
      stdinOnce: true,
    })
    await task.start()
    const taken = await openRuntime().load(task.id)
    assert.equal(taken.pid, task.pid)
    const stream = await taken.attach({ ...both, stdin: true })
    stream.end('word\n')
    assert.equal(unframed(await buffer(stream)), 'got word\n')
    const exit = await task.wait()
    const late = await openRuntime().load(task.id)
    assert.equal(late.pid, task.pid)
    assert.deepEqual(await late.wait(), exit)
    await runtime.remove(task.id)
    await assert.rejects(openRuntime().load(task.id), { code: 'not_found' })
  })

  test('remove leaves nothing of a task that never started, runs, or is paused', async t => {
    const tasks = [
      await taskFor(t, ['sleep', '100']),
      await taskFor(t, ['sleep', '100']),
      await taskFor(t, ['sleep', '100']),
    ]
    await tasks[1]!.start()
    await tasks[2]!.start()
    await tasks[2]!.pause()
    for (const { id, pid } of tasks) {
      await openRuntime().remove(id)
      assert.equal(existsSync(join(folder, 'exec/tasks', id)), false)
      assert.equal(existsSync(join(folder, 'exec', name, id)), false)
      for (const hierarchy of await readdir('/sys/fs/cgroup')) {
        assert.equal(existsSync(join('/sys/fs/cgroup', hierarchy, cgroupParent, id)), false)
      }
      if (pid !== undefined) assert.equal(existsSync(`/proc/${pid}/root/bin`), false)
      await runtime.remove(id)
    }
  })

  test('an exec that begins while its task is removed leaves no process, and nothing on the disk', async t => {
    for (let turn = 0; turn < 8; turn++) {
      const task = await taskFor(t, ['sleep', '100'])
      if (turn % 2 === 0) await task.start()
      const spec = await createSpec({ id: task.id, rootfs, args: ['sleep', '100'], cgroupParent })
      const process = await createExecProcess({ spec, rootfs, args: ['true'] })
      // They begin one after the other, around the removal; each resolves with what it failed for.
      const failures: Promise<unknown>[] = []
      const begin = () => {
        const exec = task.exec({ id: `e${failures.length}`, process, io: pipes })
        failures.push(
          exec
            .then(exec => exec.start())
            .then(() => undefined)
            .catch(error => error),
        )
      }
      begin()
      const removing = runtime.remove(task.id)
      for (let more = 0; more < 5; more++) await setImmediate().then(begin)
      await removing
      begin()
      const found = (await Promise.all(failures)).map(String)
      assert.match(found.at(-1)!, /cannot exec in a stopped container$/)
      for (const failure of found) assert.match(failure, /^undefined$|: OCI runtime exec failed: /)
      const tasks = join(folder, 'exec/tasks', task.id)
      assert.equal(existsSync(tasks), false)
      while ((await commandLines()).some(line => line.includes(tasks)));
    }
  })

  test('who reads slowly gets the whole output, also when the task is removed meanwhile', async t => {
    const task = await taskFor(t, sh('head -c 1200000 /dev/zero'))
    const stream = await task.attach(both)
    await task.start()
    await task.wait()
    await runtime.remove(task.id)
    assert.equal(unframed(await buffer(stream)).length, 1_200_000)
  })

  test('the out-of-memory killer’s work is told', async t => {
    const memory = 16 * 1024 * 1024
    const task = await taskFor(t, ['tail', '/dev/zero'], pipes, { resources: { memory, memorySwap: memory } })
    await task.start()
    const { code, oomKilled } = await task.wait()
    assert.deepEqual({ code, oomKilled }, { code: 137, oomKilled: true })
  })

  test('pids, pause and resume; a shared pid namespace leaves no process behind', async t => {
    const task = await taskFor(t, sh('sleep 100 & echo up; exec sleep 101'), pipes, { namespaces: { pid: 'host' } })
    const output = await task.attach(both)
    const pid = await task.start()
    for await (const _ of output) break
    const pids = await task.pids()
    assert.ok(pids.length === 2 && pids.includes(pid))
    assert.equal(await task.paused(), false)
    await task.pause()
    assert.equal(await task.paused(), true)
    await task.resume()
    await task.kill(9)
    await task.wait()
    while ((await task.pids()).length > 0);
  })

  test('twenty at once', async t => {
    const tasks = await Promise.all(Array.from({ length: 20 }, (_, i) => taskFor(t, sh(`echo ${i}; exit ${i}`))))
    const outcomes = await Promise.all(tasks.map(outcome))
    assert.deepEqual(
      outcomes,
      tasks.map((_, i) => ({ output: `${i}\n`, code: i })),
    )
  })

  test('all that runs is under the profile of the container, and has the capabilities that Docker gives', async t => {
    const script = 'head -n 100 /proc/self/status'
    const found: string[] = []
    const keep = (output: string) => found.push(/^Cap.*?^Seccomp_filters:.*?$/ms.exec(output)?.[0] ?? output)
    for (let run = 0; run < 2; run++) {
      const task = await taskFor(t, sh(`${script}; sleep 100`))
      const attached = await task.attach(both)
      await task.start()
      let output = ''
      for await (const chunk of attached) {
        output += unframed(chunk as Buffer)
        if (output.includes('nonvoluntary_ctxt_switches')) break
      }
      keep(output)
      const spec = await createSpec({ id: task.id, rootfs, args: ['true'], cgroupParent })
      const description = await createExecProcess({ spec, rootfs, args: sh(script) })
      keep((await outcome(await task.exec({ id: 'e', process: description, io: pipes }))).output)
    }
    assert.match(found[0]!, /^CapEff:\t00000000a80425fb$/m)
    assert.match(found[0]!, /^Seccomp:\t2\nSeccomp_filters:\t1$/m)
    for (const other of found) assert.equal(other, found[0])
  })

  test('files and folders are mounted read-only', async t => {
    const mount = (source: string, destination: string) =>
      ({ type: 'bind', source, destination, readonly: true }) as const
    const mounts = [mount('/etc/hostname', '/file'), mount('/etc', '/folder')]
    const script = 'cat /file /folder/hostname >/dev/null; echo x >/file; echo x >/folder/new'
    const { output } = await outcome(await taskFor(t, sh(script), pipes, { mounts }))
    assert.equal(
      output,
      ['file', 'folder/new'].map(path => `sh: can't create /${path}: Read-only file system\n`).join(''),
    )
  })

  test('a task whose files a crash cut short is removed', async () => {
    for (const name of ['config.json', 'task.json']) {
      const id = `cut-${name.replace('.', '-')}`
      await mkdir(join(folder, 'exec/tasks', id), { recursive: true })
      for (const file of ['config.json', 'task.json']) {
        await writeFile(join(folder, 'exec/tasks', id, file), file === name ? '' : '{}')
      }
      assert.ok((await runtime.list()).includes(id))
      if (name === 'task.json') await assert.rejects(runtime.load(id), { code: 'not_found' })
      await runtime.remove(id)
      assert.ok(!(await runtime.list()).includes(id))
    }
  })
}
