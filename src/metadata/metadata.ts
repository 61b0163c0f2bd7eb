/**
 * The transactional record store: what Strata must remember that is not content. One SQLite database (WAL), opened by
 * one engine at a time. Everything is synchronous: a read costs microseconds, a commit is durable when it returns. Some bytes
 * are put aside for a full disk, so that the end of things can still be written down.
 *
 * A *table* maps a key to a record, a plain JSON value. Tables come into being when first named. Writes outside
 * {@link MetadataStore.transaction} are transactions of their own.
 */
export interface MetadataStore extends Disposable {
  table<T>(name: string): Table<T>
  /**
   * Runs `work`; its writes happen all or not at all (it throws). Must not be async. Nested calls join the outer one:
   * they are durable when the outermost returns; one that throws takes back its own writes only, if its caller goes on.
   * On a full disk `work` may be done twice, the first time without effect on the records.
   */
  transaction<R>(work: () => R): R
  /** What is wrong with the database file, one line each; empty when it is sound. Reads all of it. */
  problems(): string[]
}

export interface Table<T> {
  /** Another one after every write, also after one that was taken back: what was made of the same version's records still holds. */
  readonly version: number
  get(key: string): T | undefined
  has(key: string): boolean
  put(key: string, record: T): void
  /** True when there was something to delete. */
  delete(key: string): boolean
  /**
   * Records whose key starts with `prefix`, in bytewise order (UTF-8) of their keys. Safe against writes during the walk;
   * whether it meets what is written ahead of it is not defined.
   */
  entries(prefix?: string): IterableIterator<[key: string, record: T]>
  count(): number
}
