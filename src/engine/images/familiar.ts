/** Normalised names as users know them. They are not parsed: there are thousands of them in a list. */
export function familiar(names: readonly string[]): string[] {
  return names.map(familiarName)
}

const HUB = 'docker.io/'
const OFFICIAL = 'library/'

function familiarName(name: string): string {
  if (!name.startsWith(HUB)) return name
  const rest = name.slice(HUB.length)
  if (!rest.startsWith(OFFICIAL)) return rest
  const path = rest.slice(OFFICIAL.length)
  const end = path.search(/[:@]/)
  return path.slice(0, end < 0 ? undefined : end).includes('/') ? rest : path
}
