import { StrataError } from '../std/index.ts'
import type { ByteString } from './archive.ts'

/**
 * The components of the path that a name in an archive stands for, contained in the root: leading `/`, empty components
 * and `.` are dropped, `..` takes the component before it away and stays at the root when there is none, as dockerd's
 * `filepath.Clean("/" + name)` has it. No component is empty, `.`, `..` or contains a `/`; the root itself is `[]`.
 * Resolution is lexical: it knows nothing of symlinks, so whoever unpacks must not follow those of the archive either.
 * @throws {StrataError} `invalid_argument` when the name contains a NUL.
 */
export function cleanName(name: ByteString): ByteString[] {
  if (name.includes('\0')) throw new StrataError('invalid_argument', `invalid name ${JSON.stringify(name)} in archive`)
  const components: ByteString[] = []
  for (const component of name.split('/')) {
    if (component === '..') components.pop()
    else if (component !== '' && component !== '.') components.push(component as ByteString)
  }
  return components
}
