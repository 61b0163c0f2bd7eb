import { familiarString, parseReference } from '../../reference/index.ts'

/** Normalised names as users know them. */
export function familiar(names: readonly string[]): string[] {
  return names.map(name => familiarString(parseReference(name)))
}
