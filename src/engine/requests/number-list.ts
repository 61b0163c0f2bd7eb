import { refused } from './refusal.ts'

/** Docker's limit for what a cpuset may name. */
const largest = 8192

/** Reads a list as the kernel writes it (`0-3,8`). Throws `invalid_argument` with Docker's text. */
export function parseNumberList(text: string): ReadonlySet<number> {
  const numbers = new Set<number>()
  if (text === '') return numbers
  for (const part of text.split(',')) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? []
    if (first === undefined || Number(last) < Number(first)) throw refused(`invalid format: ${text}`)
    if (Number(last) > largest) throw refused(`value of out range, maximum is ${largest}`)
    for (let number = Number(first); number <= Number(last); number++) numbers.add(number)
  }
  return numbers
}
