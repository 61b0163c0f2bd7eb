import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { diskError, errnoOf } from '../std/index.ts'
import type { IngestInfo } from './content.ts'
import { type IngestPaths, ingestFolderName, ingestPaths, type Paths } from './paths.ts'

/** Opens the bytes of an ingest for reading and writing, made when it is new. */
export async function openIngest(ingest: IngestPaths, ref: string): Promise<FileHandle> {
  try {
    return await open(ingest.data, 'r+')
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
  try {
    await mkdir(ingest.folder, { recursive: true, mode: 0o700 })
    await writeFile(ingest.ref, ref, { mode: 0o600 })
    await writeFile(ingest.started, new Date().toISOString(), { mode: 0o600 })
    // Last: an ingest is one when it has data.
    return await open(ingest.data, 'w+', 0o600)
  } catch (error) {
    await rm(ingest.folder, { recursive: true, force: true })
    throw diskError(error)
  }
}

/** What an ingest's folder holds, but for whether it is active; undefined when it is not a whole ingest (any more). */
export async function readIngest(folder: string): Promise<Omit<IngestInfo, 'active'> | undefined> {
  const paths = ingestPaths(folder)
  try {
    const ref = await readFile(paths.ref, 'utf8')
    const startedAt = new Date(await readFile(paths.started, 'utf8'))
    const data = await stat(paths.data)
    if (ingestFolderName(ref) !== basename(folder) || Number.isNaN(startedAt.getTime()) || !data.isFile())
      return undefined
    return { ref, offset: data.size, startedAt, updatedAt: data.mtime }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}

/** Begins the refs of ingests that nobody goes on with after a crash. */
const PASSING = 'put-'

/** A ref of its own for an ingest that ends with its writer's work, and at the latest with the process; `what` stands in it. */
export function passingRef(what = ''): string {
  return `${PASSING}${randomUUID()} ${what}`
}

/** Removes what a crash left of ingests that were being made, committed or dropped, or that nobody will go on with. */
export async function clearBrokenIngests(paths: Paths): Promise<void> {
  for (const name of await readdir(paths.ingests)) {
    const folder = join(paths.ingests, name)
    const ingest = await readIngest(folder)
    if (!ingest || ingest.ref.startsWith(PASSING)) await rm(folder, { recursive: true, force: true })
  }
}
