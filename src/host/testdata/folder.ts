import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { mountsUnder } from '../mount-table.ts'
import { detach } from '../mount.ts'

/** A folder for one test, removed after it with everything that is still mounted in it. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'strata-host-'))
  t.after(async () => {
    for (const { mountPoint } of await mountsUnder(folder)) detach(mountPoint)
    await rm(folder, { recursive: true })
  })
  return folder
}
