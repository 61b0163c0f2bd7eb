import assert from 'node:assert/strict'
import type { TestRegistry } from '../../src/remotes/testdata/registry.ts'
import { type Answer, call } from '../fixtures/call.ts'
import type { Engine } from '../fixtures/engine.ts'
import { archiveOf, configOf, dockerArchive, hexOf } from '../fixtures/image-archive.ts'
import type { Random } from '../fixtures/random.ts'

export const kinds = ['load', 'rmi', 'restore', 'prune', 'commit', 'import', 'push'] as const
export type Kind = (typeof kinds)[number]

/** An archive of one image. */
interface Archive {
  readonly id: string
  readonly bytes: Buffer
}

/** What a name may lead to: IDs of images; `none`; `new`, any image that was made lately. */
type Meaning = string

interface Attempt {
  readonly kind: Kind
  readonly path: string
  readonly method?: string
  readonly body?: Buffer
  /** The name that it is about. */
  readonly name?: string
  /** What the name means when it is done; of the answer when that is not known before. */
  readonly means?: Meaning
  /** Statuses besides success that are no failure: the name means what it meant. */
  readonly refusals?: readonly number[]
}

const SIZE = 3 << 20
const SMALL = 50_000

/**
 * Lanes of work on the images of an engine, each of which goes on until the engine is killed; and what must be true of
 * names after that, whatever the engine had told. Nothing here waits for a time.
 */
export class ImageWork {
  /** How often the engine was killed while a request of this kind was under way. */
  readonly cut = new Map<Kind, number>(kinds.map(kind => [kind, 0]))
  /** Requests that came to their end. */
  done = 0
  readonly #engine: Engine
  readonly #registry: TestRegistry
  readonly #large: readonly Archive[]
  readonly #small: readonly Archive[]
  readonly #files: readonly Buffer[]
  readonly #means = new Map<string, Set<Meaning>>()
  readonly #durations = new Map<Kind, number>()
  #alive = false
  #watched: { readonly kind: Kind; readonly sent: () => void } | undefined

  constructor(options: {
    readonly engine: Engine
    readonly registry: TestRegistry
    readonly base: readonly Buffer[]
    readonly random: Random
  }) {
    const { engine, registry, base, random } = options
    this.#engine = engine
    this.#registry = registry
    const file = (size: number) => archiveOf([{ name: 'data', data: random.bytes(size) }])
    const archive = (layers: readonly Buffer[], tag: string) => {
      const bytes = archiveOf(dockerArchive({ layers, tags: [tag] }))
      return { id: `sha256:${hexOf(configOf(layers))}`, bytes }
    }
    this.#large = [1, 2, 3].map(() => archive([...base, file(SIZE)], 'loaded:1'))
    this.#small = [1, 2, 3, 4].map(at => archive([...base, file(SMALL)], `removed:${at}`))
    this.#files = [1, 2, 3].map(() => file(SIZE))
  }

  /** The names that this is about, except the container's image. */
  get names(): readonly string[] {
    return Array.from(this.#means.keys())
  }

  /** Milliseconds that the last whole request of this kind took. */
  durationOf(kind: Kind): number {
    return this.#durations.get(kind) ?? 100
  }

  /** Begins all lanes. The engine is to be killed after `ended` was called; the returned promise settles after that. */
  begin(container: string): Promise<unknown> {
    this.#alive = true
    const lanes = [
      this.#lane(at => this.#load(this.#large[at % 3]!, 'loaded:1')),
      this.#lane(at => this.#import(this.#files[at % 3]!)),
      this.#lane(() => this.#commit(container)),
      this.#lane(() => this.#push()),
      this.#lane(at => this.#prune(at)),
      ...this.#small.map((archive, at) => this.#lane(() => this.#removeAndRestore(archive, `removed:${at + 1}`))),
    ]
    return Promise.all(lanes)
  }

  /** Resolves when the next request of this kind is sent. */
  sending(kind: Kind): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#watched = { kind, sent: resolve }
    return promise
  }

  /** From here on nobody expects an answer. */
  end(): void {
    this.#alive = false
  }

  /** Fails unless each name means what the engine had said, or what it was asked for when it was killed. */
  async checkNames(): Promise<void> {
    for (const [name, allowed] of this.#means) {
      const answer = await call(this.#engine, 'GET', `/images/${name}/json`)
      const found = answer.status === 404 ? 'none' : answer.json<{ Id: string }>().Id
      const list = Array.from(allowed)
      assert.ok(allowed.has(found) || (found !== 'none' && allowed.has('new')), `${name} is ${found}, not of ${list}`)
      this.#means.set(name, new Set([found]))
    }
  }

  async #lane(work: (at: number) => Promise<unknown>): Promise<void> {
    for (let at = 0; this.#alive; at++) await work(at)
  }

  #load({ id, bytes }: Archive, name: string) {
    return this.#ask({ kind: 'load', path: '/images/load?quiet=1', body: bytes, name, means: id })
  }

  #import(body: Buffer) {
    return this.#ask({ kind: 'import', path: '/images/create?fromSrc=-&repo=imported&tag=1', body, name: 'imported:1' })
  }

  #commit(container: string) {
    const path = `/commit?container=${container}&repo=committed&tag=1`
    return this.#ask({ kind: 'commit', path, name: 'committed:1' })
  }

  /** Seldom one that takes what could be restored: there must be something to restore. */
  #prune(at: number) {
    const none = encodeURIComponent(JSON.stringify({ label: ['none'] }))
    return this.#ask({ kind: 'prune', path: at % 4 === 3 ? '/images/prune' : `/images/prune?filters=${none}` })
  }

  /** To a registry that has nothing of it. */
  async #push(): Promise<void> {
    const name = `${this.#registry.host}/pushed`
    await call(this.#engine, 'POST', `/images/base:1/tag?repo=${name}&tag=1`).catch(error => this.#unlessEnded(error))
    if (!this.#alive) return
    this.#registry.blobs.clear()
    this.#registry.manifests.clear()
    const answer = await this.#ask({ kind: 'push', path: `/images/${name}/push?tag=1` })
    if (answer) assert.ok(this.#registry.manifests.has('pushed:1'), 'the registry has not got what was pushed')
  }

  async #removeAndRestore(archive: Archive, name: string): Promise<void> {
    const refusals = [404]
    const path = `/strata/images/restore?name=${name}`
    const { id } = archive
    // A prune may have taken it: then it is loaded.
    const restored = await this.#ask({ kind: 'restore', path, name, means: id, refusals })
    if (restored?.status === 404) await this.#load(archive, name)
    if (!this.#alive) return
    await this.#ask({ kind: 'rmi', method: 'DELETE', path: `/images/${name}`, name, means: 'none', refusals })
  }

  /** Undefined when the engine was killed meanwhile. */
  async #ask(attempt: Attempt): Promise<Answer | undefined> {
    const { kind, name, means = 'new', method = 'POST', path, body, refusals = [] } = attempt
    if (!this.#alive) return undefined
    const before = name === undefined ? undefined : (this.#means.get(name) ?? new Set(['none']))
    if (name !== undefined) this.#means.set(name, new Set([...before!, means]))
    const start = performance.now()
    const answering = call(this.#engine, method, path, {
      ...(body && { body, headers: { 'Content-Type': 'application/x-tar' } }),
      ...(kind === 'push' && { headers: { 'X-Registry-Auth': 'e30=' } }),
    })
    if (this.#watched?.kind === kind) this.#watched.sent()
    const answer = await answering.catch(error => this.#unlessEnded(error))
    if (!answer) {
      this.cut.set(kind, this.cut.get(kind)! + 1)
      return undefined
    }
    if (refusals.includes(answer.status)) {
      if (name !== undefined) this.#means.set(name, before!)
      return answer
    }
    const text = answer.body.toString()
    assert.ok(answer.status < 300 && !text.includes('errorDetail'), `${method} ${path}: ${answer.status} ${text}`)
    this.#durations.set(kind, performance.now() - start)
    this.done++
    if (name !== undefined) this.#means.set(name, new Set([means === 'new' ? idIn(text) : means]))
    return answer
  }

  #unlessEnded(error: unknown): undefined {
    if (this.#alive) throw error
  }
}

function idIn(text: string): string {
  const [id] = /sha256:[0-9a-f]{64}/.exec(text) ?? []
  assert.ok(id, `no ID in ${text}`)
  return id
}
