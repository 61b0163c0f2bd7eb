import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isStrataError, StrataError } from '../std/index.ts'
import { blobInfo, deleteBlob, openBlob, verifyBlob, walkBlobs } from './blobs.ts'
import type { ContentStore, IngestInfo, Writer, WriterOptions } from './content.ts'
import { clearBrokenIngests, openIngest, readIngest } from './ingests.ts'
import { type Paths, pathsOf } from './paths.ts'
import { FileWriter } from './writer.ts'

/**
 * Opens the content store in the folder `root`, made when it is missing. One process at a time may have it open: who
 * writes which ref is known in memory only.
 */
export async function openContentStore(root: string): Promise<ContentStore> {
  const paths = pathsOf(root)
  await mkdir(paths.blobs, { recursive: true, mode: 0o700 })
  await mkdir(paths.ingests, { recursive: true, mode: 0o700 })
  await clearBrokenIngests(paths)
  const writers = new Map<string, FileWriter | 'opening'>()

  async function has(digest: Parameters<ContentStore['has']>[0]): Promise<boolean> {
    try {
      await blobInfo(paths, digest)
      return true
    } catch (error) {
      if (isStrataError(error, 'not_found')) return false
      throw error
    }
  }

  async function writer(ref: string, options: WriterOptions = {}): Promise<Writer> {
    if (writers.has(ref)) throw new StrataError('unavailable', `the ingest ${ref} is being written to`)
    writers.set(ref, 'opening')
    try {
      if (options.expect && (await has(options.expect.digest))) {
        throw new StrataError('already_exists', `content ${options.expect.digest}: already exists`)
      }
      const opened = await openWriter(paths, { ...options, ref, released: () => writers.delete(ref) })
      writers.set(ref, opened)
      return opened
    } catch (error) {
      writers.delete(ref)
      throw error
    }
  }

  async function abort(ref: string, options: { readonly onlyIdle?: boolean } = {}): Promise<void> {
    const active = writers.get(ref)
    if (active === 'opening' || (active && options.onlyIdle)) {
      throw new StrataError('unavailable', `the ingest ${ref} is being written to`)
    }
    active?.abort()
    await rm(paths.ingest(ref).folder, { recursive: true, force: true })
  }

  async function* ingests(): AsyncGenerator<IngestInfo> {
    for (const name of await readdir(paths.ingests)) {
      const ingest = await readIngest(join(paths.ingests, name))
      if (ingest) yield { ...ingest, active: writers.has(ingest.ref) }
    }
  }

  return {
    open: (digest, range) => openBlob(paths, digest, range),
    writer,
    info: digest => blobInfo(paths, digest),
    has,
    walk: () => walkBlobs(paths),
    delete: digest => deleteBlob(paths, digest),
    verify: digest => verifyBlob(paths, digest),
    ingests,
    abort,
  }
}

async function openWriter(
  paths: Paths,
  options: WriterOptions & { readonly ref: string; readonly released: () => void },
): Promise<FileWriter> {
  const file = await openIngest(paths.ingest(options.ref), options.ref)
  try {
    const { size } = await file.stat()
    return new FileWriter(file, size, { ...options, paths })
  } catch (error) {
    await file.close()
    throw error
  }
}
