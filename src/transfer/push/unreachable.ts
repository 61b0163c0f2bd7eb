import type { Reference } from '../../reference/index.ts'

/** How long a registry that could not be reached is asked last, in milliseconds. */
const PERIOD = 300_000

/** Registries that could not be reached lately: they are asked all the same, but after those that may be there. */
export class UnreachableRegistries {
  readonly #until = new Map<string, number>()
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** A registry could not be reached. */
  add(domain: string): void {
    const now = this.#now()
    for (const [each, until] of this.#until) if (until <= now) this.#until.delete(each)
    this.#until.set(domain, now + PERIOD)
  }

  /** A registry was reached after all. */
  delete(domain: string): void {
    this.#until.delete(domain)
  }

  /** The same repositories, those of unreachable registries last. */
  last(repositories: readonly Reference[]): Reference[] {
    const now = this.#now()
    const isReachable = ({ domain }: Reference) => (this.#until.get(domain) ?? 0) <= now
    return [...repositories.filter(isReachable), ...repositories.filter(each => !isReachable(each))]
  }
}
