import type { MetadataStore, Table } from '../metadata/index.ts'
import { StrataError } from '../std/index.ts'
import { Container, type ContainerRecord } from './container.ts'

/** All containers, by ID and by name; as durable as their records. */
export class ContainerRegistry {
  readonly #table: Table<ContainerRecord>
  readonly #byId = new Map<string, Container>()
  readonly #byName = new Map<string, Container>()

  constructor(metadata: MetadataStore) {
    this.#table = metadata.table<ContainerRecord>('containers')
    for (const [, record] of this.#table.entries()) this.#keep(new Container(record, this.#table))
  }

  #keep(container: Container): Container {
    this.#byId.set(container.id, container)
    this.#byName.set(container.record.name, container)
    return container
  }

  /** Newest first. */
  all(): Container[] {
    return [...this.#byId.values()].sort((a, b) => (a.record.created < b.record.created ? 1 : -1))
  }

  get count(): number {
    return this.#byId.size
  }

  named(name: string): Container | undefined {
    return this.#byName.get(name)
  }

  /** By full ID, full name, or the unique beginning of an ID; throws `not_found` with Docker's text, `invalid_argument` for none at all. */
  find(text: string): Container {
    if (text === '') throw new StrataError('invalid_argument', 'invalid name or ID supplied: ""')
    const exact = this.#byId.get(text) ?? this.#byName.get(text.replace(/^\//, ''))
    if (exact) return exact
    let found: Container | undefined
    if (/^[0-9a-f]+$/.test(text)) {
      for (const [id, container] of this.#byId) {
        if (!id.startsWith(text)) continue
        if (found) throw new StrataError('invalid_argument', `multiple IDs found with provided prefix: ${text}`)
        found = container
      }
    }
    if (!found) throw new StrataError('not_found', `No such container: ${text}`)
    return found
  }

  /** Throws `conflict` with Docker's text when the name is taken. */
  requireFree(name: string): void {
    const holder = this.#byName.get(name)
    if (!holder) return
    throw new StrataError(
      'conflict',
      `Conflict. The container name "/${name}" is already in use by container "${holder.id}". You have to remove (or rename) that container to be able to reuse that name.`,
    )
  }

  add(record: ContainerRecord): Container {
    this.requireFree(record.name)
    this.#table.put(record.id, record)
    return this.#keep(new Container(record, this.#table))
  }

  /** Throws as `find` does for a container that was removed meanwhile. */
  rename(container: Container, name: string): void {
    this.find(container.id)
    this.requireFree(name)
    const old = container.record.name
    container.update({ name })
    this.#byName.delete(old)
    this.#byName.set(name, container)
  }

  remove(container: Container): void {
    container.forget()
    this.#byId.delete(container.id)
    this.#byName.delete(container.record.name)
  }
}
