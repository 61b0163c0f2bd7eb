import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ContainerTask } from './task.ts'

const shimPath = new URL('../../native/build/strata-shim', import.meta.url).pathname

/** A runtime that answers one call after the other with a line of `words`, and then with success. */
const runtimeThatSays = (words: string) => `#!/bin/sh
cd "\${0%/*}"
echo "$*" >>calls
words=$(sed -n "$(wc -l <calls)p" <<'end'
${words}
end
)
[ -n "$words" ] || exit 0
echo "level=error msg=\\"$words\\"" >&2
exit 1
`

test('a container that can’t be frozen at the moment is paused later; what else a runtime says fails the pause', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'strata-task-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'runtime')
  await writeFile(path, runtimeThatSays('unable to freeze\nunable to freeze\n\nno such container'), { mode: 0o755 })
  const task = new ContainerTask({ id: 'one', folder, shimPath, program: { path, root: folder, family: 'other' } })
  await task.pause()
  await assert.rejects(task.pause(), { code: 'internal', message: 'no such container' })
  const pause = `--root ${folder} pause one\n`
  assert.equal(await readFile(join(folder, 'calls'), 'utf8'), pause.repeat(4))
})
