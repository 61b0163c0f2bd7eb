/**
 * The transactional record store: what Strata must remember that is not content. One SQLite database (WAL), opened by
 * one engine at a time. Everything is synchronous: a read costs microseconds, a commit is durable when it returns.
 *
 * A *table* maps a key to a record, a plain JSON value. Tables come into being when first named. Writes outside
 * {@link MetadataStore.transaction} are transactions of their own.
 */
export interface MetadataStore extends Disposable {
  table<T>(name: string): Table<T>
  /** Runs `work`; its writes happen all or not at all (it throws). Must not be async. Nested calls join the outer one. */
  transaction<R>(work: () => R): R
}

export interface Table<T> {
  get(key: string): T | undefined
  has(key: string): boolean
  put(key: string, record: T): void
  /** True when there was something to delete. */
  delete(key: string): boolean
  /** Records whose key starts with `prefix`, in bytewise order of their keys. Safe against writes during the walk. */
  entries(prefix?: string): IterableIterator<[key: string, record: T]>
  count(): number
}
