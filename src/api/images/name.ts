import { StrataError } from '../../std/index.ts'

/** The `{name}` of an image's path. Throws `invalid_argument` when it is blank. */
export function nameOf(params: Readonly<Record<string, string>>): string {
  const name = params.name?.trim()
  if (!name) throw new StrataError('invalid_argument', 'image name cannot be blank')
  return name
}
