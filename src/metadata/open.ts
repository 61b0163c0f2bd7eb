import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isDiskFull, StrataError } from '../std/index.ts'
import type { MetadataStore, Table } from './metadata.ts'
import { Reserve } from './reserve.ts'
import { translated } from './sqlite-error.ts'
import { createTable, prepareAll, type Statements } from './table.ts'

/** Grows when the tables change; {@link openMetadata} brings older files up to it. */
const SCHEMA_VERSION = 1
/** How long to wait for a process that still holds the database, in milliseconds: an engine that is just going away. */
const BUSY_TIMEOUT = 2_000

const schema = `
  CREATE TABLE records (
    tbl TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (tbl, key)
  ) STRICT, WITHOUT ROWID`

/**
 * Opens the store in the file `path`, made when it is missing. The file belongs to this process until the store is
 * disposed of. Throws `conflict` while another process has it open, `failed_precondition` when a newer version of Strata
 * made it, `internal` when it is damaged.
 */
export function openMetadata(path: string): MetadataStore {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const database = translated(path, () => new DatabaseSync(path, { timeout: BUSY_TIMEOUT }))
  try {
    const statements = translated(path, () => prepare(database, path))
    syncFolder(dirname(path))
    return new SqliteMetadata(database, path, statements)
  } catch (error) {
    database.close()
    throw error
  }
}

function prepare(database: DatabaseSync, path: string): Statements {
  // Exclusive before WAL: no shared-memory file, and the lock is held until the end.
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  database.exec('BEGIN IMMEDIATE')
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version)
  if (version > SCHEMA_VERSION) {
    const found = `schema ${version}, this one knows ${SCHEMA_VERSION}`
    throw new StrataError('failed_precondition', `${path} was made by a newer version of Strata (${found})`)
  }
  if (version === 0) {
    database.exec(schema)
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`)
  }
  database.exec('COMMIT')
  return prepareAll(database)
}

function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

class SqliteMetadata implements MetadataStore {
  readonly #database: DatabaseSync
  readonly #path: string
  readonly #statements: Statements
  readonly #tables = new Map<string, Table<unknown>>()
  readonly #reserve: Reserve
  #depth = 0
  #takenBack = 0

  constructor(database: DatabaseSync, path: string, statements: Statements) {
    this.#database = database
    this.#path = path
    this.#statements = statements
    this.#reserve = new Reserve(`${path}-reserve`)
  }

  table<T>(name: string): Table<T> {
    let table = this.#tables.get(name)
    if (!table) {
      const write = <R>(work: () => R) => this.#write(() => translated(this.#path, work))
      table = createTable<unknown>(name, {
        statements: this.#statements,
        path: this.#path,
        write,
        takenBack: () => this.#takenBack,
      })
      this.#tables.set(name, table)
    }
    return table as Table<T>
  }

  transaction<R>(work: () => R): R {
    return this.#write(() => this.#transact(work))
  }

  /** Does what writes. When the disk is full for the whole of it, it is done once more with what was put aside. */
  #write<R>(work: () => R): R {
    if (this.#depth > 0) return work()
    let result: R
    try {
      result = work()
    } catch (error) {
      if (!isDiskFull(error) || !this.#reserve.give()) throw error
      return work()
    }
    this.#reserve.refill()
    return result
  }

  #transact<R>(work: () => R): R {
    const point = `nested${this.#depth}`
    const outermost = this.#depth === 0
    this.#exec(outermost ? 'BEGIN IMMEDIATE' : `SAVEPOINT ${point}`)
    this.#depth++
    try {
      const result = work()
      if (isThenable(result)) throw new TypeError('the work of a transaction must not be async')
      this.#exec(outermost ? 'COMMIT' : `RELEASE ${point}`)
      return result
    } catch (error) {
      this.#takenBack++
      // SQLite may have rolled back by itself, on a full disk for one.
      if (this.#database.isTransaction) this.#exec(outermost ? 'ROLLBACK' : `ROLLBACK TO ${point}; RELEASE ${point}`)
      throw error
    } finally {
      this.#depth--
    }
  }

  problems(): string[] {
    const rows = this.#database.prepare('PRAGMA integrity_check').all()
    return rows.map(row => String(row.integrity_check)).filter(line => line !== 'ok')
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #exec(sql: string): void {
    translated(this.#path, () => this.#database.exec(sql))
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
