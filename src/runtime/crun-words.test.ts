import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runcWords } from './crun-words.ts'

const context = { command: 'tool', mounts: [{ source: '/gone', destination: '/data' }] }
const start = 'runc create failed: unable to start container process: '

test('what crun says is told in the words of runc', () => {
  const cases = {
    'executable file `tool` not found in $PATH: No such file or directory': `${start}exec: "tool": executable file not found in $PATH`,
    'executable file `/a/b` not found in $PATH: No such file or directory': `${start}exec: "/a/b": stat /a/b: no such file or directory`,
    'open executable: Permission denied': `${start}exec: "tool": executable file not found in $PATH`,
    'open executable: Not a directory': `${start}exec: "tool": stat tool: not a directory`,
    'chdir `/x`: No such file or directory': `${start}chdir to cwd ("/x") set in config.json failed: no such file or directory`,
    'mount `/a` to `etc/b`: Not a directory': `${start}error during container init: error mounting "/a" to rootfs at "/etc/b": mount /a:/etc/b: not a directory`,
    "error stat'ing file `/gone`: No such file or directory": `${start}error during container init: error mounting "/gone" to rootfs at "/data": stat /gone: no such file or directory`,
    'the sysctl `kernel.x` is not namespaced':
      'runc create failed: sysctl "kernel.x" is not in a separate kernel namespace',
    'open /proc/sys/net/x: No such file or directory': `${start}error during container init: open /proc/sys/net/x: no such file or directory`,
    'write to /proc/sys/net/x: Invalid argument': `${start}error during container init: write /proc/sys/net/x: invalid argument`,
    'setrlimit `RLIMIT_NOFILE`: Invalid argument': 'crun create failed: setrlimit `RLIMIT_NOFILE`: Invalid argument',
  }
  for (const [words, expected] of Object.entries(cases)) assert.equal(runcWords(words, context), expected)
  assert.equal(
    runcWords('open executable: Permission denied', { command: '/tool', mounts: [] }),
    `${start}exec: "/tool": permission denied`,
  )
})
