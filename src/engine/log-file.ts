import { type FSWatcher, watch } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { errnoOf } from '../std/index.ts'

/** One record of a container's json-file log. */
export interface LogRecord {
  readonly stream: 'stdout' | 'stderr'
  /** RFC 3339 with nanoseconds, as written. */
  readonly time: string
  /** The line with its line feed, when it has one. */
  readonly data: Uint8Array
}

export interface ReadLogOptions {
  /** How many rotated files (`path.1` newest, …) there may be besides `path`. */
  readonly rotated: number
  /** The last so many records only; undefined for all. */
  readonly tail: number | undefined
  /** Keep waiting for new records until `ended` resolves or `signal` is aborted. */
  readonly follow: { readonly ended: Promise<void> } | undefined
  readonly signal: AbortSignal
}

const CHUNK = 64 * 1024
const NEWLINE = 10

/**
 * Reads a json-file log and its rotated predecessors, oldest record first, in batches as they come off the disk. Lines that are torn (the machine went down
 * in the middle of one) are passed over. With `follow`, goes on through rotations until the container has ended.
 */
export async function* readLog(path: string, options: ReadLogOptions): AsyncGenerator<readonly LogRecord[]> {
  // The watch begins before the first read, so that nothing that comes in between is missed.
  using changes = options.follow ? watchFile(path, options) : undefined
  const files: FileHandle[] = []
  try {
    files.push(...(await openNewer(path, options.rotated, undefined)))
    let start = { file: 0, offset: 0 }
    if (options.tail !== undefined) start = await startOfTail(files, options.tail)
    let last: { handle: FileHandle; offset: number } | undefined
    for (const [i, handle] of files.entries()) {
      if (i < start.file) continue
      const offset = i === start.file ? start.offset : 0
      const end = yield* readFrom(handle, offset)
      if (i === files.length - 1) last = { handle, offset: end }
    }
    if (!changes) return
    yield* follow(path, { last, changes, files, rotated: options.rotated })
  } finally {
    for (const handle of files) await handle.close()
  }
}

interface Following {
  /** The newest file, and how far it has been read. */
  readonly last: { handle: FileHandle; offset: number } | undefined
  readonly changes: FileChanges
  /** What the caller closes. */
  readonly files: FileHandle[]
  readonly rotated: number
}

async function* follow(path: string, options: Following): AsyncGenerator<readonly LogRecord[]> {
  const { changes, files, rotated } = options
  let current = options.last
  for (;;) {
    const more = await changes.next()
    if (current) {
      // With one file only, a rotation empties it.
      const { size } = await current.handle.stat()
      current.offset = yield* readFrom(current.handle, size < current.offset ? 0 : current.offset)
    }
    for (const handle of await openNewer(path, rotated, current?.handle)) {
      // What was written between the last read and the rotation.
      if (current) yield* readFrom(current.handle, current.offset)
      files.push(handle)
      current = { handle, offset: yield* readFrom(handle, 0) }
    }
    if (!more) return
  }
}

/**
 * Opens the log's files that are newer than `than`, oldest first; all of them when it is none of them any more. They are
 * opened from the newest on, so that a rotation meanwhile shows a file twice, but never hides one.
 */
async function openNewer(path: string, rotated: number, than: FileHandle | undefined): Promise<FileHandle[]> {
  const seen = new Set<number>()
  const until = than && (await than.stat()).ino
  const found: FileHandle[] = []
  for (let i = 0; i <= rotated; i++) {
    const handle = await openIfThere(i === 0 ? path : `${path}.${i}`)
    if (!handle) continue
    const { ino } = await handle.stat()
    if (seen.has(ino) || ino === until) await handle.close()
    else found.unshift(handle)
    if (ino === until) break
    seen.add(ino)
  }
  return found
}

interface FileChanges extends Disposable {
  /** Resolves at the next change since the last call: true; false when following is over. */
  next(): Promise<boolean>
}

function watchFile(path: string, options: ReadLogOptions): FileChanges {
  let dirty = false
  let over = options.signal.aborted
  let wake: () => void = () => {}
  const mark = () => {
    dirty = true
    wake()
  }
  const finish = () => {
    over = true
    wake()
  }
  const name = basename(path)
  const watcher: FSWatcher = watch(dirname(path), (_event, changed) => {
    if (changed === name || changed === null) mark()
  })
  watcher.on('error', finish)
  options.signal.addEventListener('abort', finish, { once: true })
  options.follow?.ended.then(finish, finish)
  return {
    async next() {
      while (!dirty && !over) {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
      dirty = false
      return !over
    },
    [Symbol.dispose]() {
      watcher.close()
      options.signal.removeEventListener('abort', finish)
    },
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Yields the whole records from `offset` on; returns the offset behind the last whole line. */
async function* readFrom(handle: FileHandle, offset: number): AsyncGenerator<readonly LogRecord[], number> {
  let rest: Buffer = Buffer.alloc(0)
  let position = offset
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, position + rest.length)
    if (bytesRead === 0) return position
    const data =
      rest.length === 0 ? buffer.subarray(0, bytesRead) : Buffer.concat([rest, buffer.subarray(0, bytesRead)])
    let from = 0
    const batch: LogRecord[] = []
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, from)) {
      const record = parseRecord(data.subarray(from, end))
      from = end + 1
      if (record) batch.push(record)
    }
    if (batch.length > 0) yield batch
    position += from
    rest = data.subarray(from)
  }
}

function parseRecord(line: Uint8Array): LogRecord | undefined {
  try {
    const record = JSON.parse(Buffer.from(line).toString()) as { log?: unknown; stream?: unknown; time?: unknown }
    if (typeof record.log !== 'string' || typeof record.time !== 'string') return undefined
    return {
      stream: record.stream === 'stderr' ? 'stderr' : 'stdout',
      time: record.time,
      data: Buffer.from(record.log),
    }
  } catch {
    return undefined
  }
}

/** Where the last `count` lines of the files (oldest first) begin. */
async function startOfTail(files: readonly FileHandle[], count: number): Promise<{ file: number; offset: number }> {
  let wanted = count
  for (let file = files.length - 1; file >= 0; file--) {
    const handle = files[file]!
    let end = (await handle.stat()).size
    if (wanted === 0) return { file, offset: end }
    let atEnd = true
    while (end > 0) {
      const start = Math.max(0, end - CHUNK)
      const { buffer } = await handle.read(Buffer.allocUnsafe(end - start), 0, end - start, start)
      for (let i = buffer.length - 1; i >= 0; i--) {
        if (buffer[i] !== NEWLINE) {
          atEnd = false
          continue
        }
        // The newline that ends the file ends its last line; each one before it ends the line before.
        if (atEnd) {
          atEnd = false
          continue
        }
        if (--wanted === 0) return { file, offset: start + i + 1 }
      }
      end = start
    }
    if (!atEnd && --wanted === 0) return { file, offset: 0 }
  }
  return { file: 0, offset: 0 }
}
