import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Table } from './metadata.ts'
import { translated } from './sqlite-error.ts'

/** Records that {@link Table.entries} reads at once: enough that one read serves almost every walk. */
const PAGE = 2_000

/** One set serves all tables: they are told apart by the first column of one b-tree. */
export interface Statements {
  readonly get: StatementSync
  readonly has: StatementSync
  readonly put: StatementSync
  readonly delete: StatementSync
  readonly from: StatementSync
  readonly after: StatementSync
  readonly count: StatementSync
}

export function prepareAll(database: DatabaseSync): Statements {
  const page = (comparison: string) =>
    `SELECT key, value FROM records WHERE tbl = ? AND key ${comparison} ? ORDER BY key LIMIT ${PAGE}`
  const put = 'INSERT INTO records (tbl, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'
  return {
    get: database.prepare('SELECT value FROM records WHERE tbl = ? AND key = ?'),
    has: database.prepare('SELECT 1 FROM records WHERE tbl = ? AND key = ?'),
    put: database.prepare(put),
    delete: database.prepare('DELETE FROM records WHERE tbl = ? AND key = ?'),
    from: database.prepare(page('>=')),
    after: database.prepare(page('>')),
    count: database.prepare('SELECT count(*) AS count FROM records WHERE tbl = ?'),
  }
}

export interface TableOptions {
  readonly statements: Statements
  /** Of the database, for errors. */
  readonly path: string
  /** Does what writes. */
  readonly write: <R>(work: () => R) => R
  /** How many transactions took writes back so far, of whatever table. */
  readonly takenBack: () => number
}

export function createTable<T>(name: string, { statements, path, write, takenBack }: TableOptions): Table<T> {
  let writes = 0
  const parse = (value: unknown) => JSON.parse(String(value)) as T

  function* entries(prefix = ''): Generator<[key: string, record: T]> {
    let rows = translated(path, () => statements.from.all(name, prefix))
    for (;;) {
      let last = ''
      for (const row of rows) {
        last = String(row.key)
        if (!last.startsWith(prefix)) return
        yield [last, parse(row.value)]
      }
      if (rows.length < PAGE) return
      rows = translated(path, () => statements.after.all(name, last))
    }
  }

  const change = <R>(work: () => R): R => {
    writes++
    return write(work)
  }

  return {
    get version() {
      return writes + takenBack()
    },
    get(key) {
      const row = translated(path, () => statements.get.get(name, key))
      return row === undefined ? undefined : parse(row.value)
    },
    has: key => translated(path, () => statements.has.get(name, key)) !== undefined,
    put(key, record) {
      const value: string | undefined = JSON.stringify(record)
      if (value === undefined) throw new TypeError(`no record to put at ${JSON.stringify(key)} of ${name}`)
      if (!key.isWellFormed()) throw new TypeError(`the key ${JSON.stringify(key)} of ${name} is not well-formed`)
      change(() => statements.put.run(name, key, value))
    },
    delete: key => change(() => statements.delete.run(name, key)).changes > 0,
    entries,
    count: () => Number(translated(path, () => statements.count.get(name))?.count),
  }
}
