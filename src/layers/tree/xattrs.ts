import type { ByteString } from '../../archive/index.ts'
import { StrataError } from '../../std/index.ts'
import { S_IFDIR, S_IFREG } from './node.ts'

const ACLS = new Set(['system.posix_acl_access', 'system.posix_acl_default'])

/**
 * The extended attributes of an entry that a rootfs shall have: `user.*` (files and directories only, as the kernel
 * has it), `security.*`, `trusted.*` and POSIX ACLs, as they are.
 *
 * `trusted.overlay.*` is dropped: it would steer overlayfs (redirects to any path, opaque directories, metacopy), and
 * no image has a right to. Namespaces that Linux doesn't know (`com.apple.*`) are dropped too.
 * Throws `invalid_argument` for what the kernel would not take.
 */
export function keptXattrs(
  xattrs: ReadonlyMap<ByteString, Uint8Array>,
  type: number,
  path: string,
): [ByteString, Uint8Array][] {
  if (xattrs.size === 0) return []
  return [...xattrs].filter(([name, value]) => {
    if (!isKept(name, type)) return false
    if (name.length > 255 || value.byteLength > 65_535) {
      throw new StrataError('invalid_argument', `${path}: extended attribute is too large`)
    }
    if (name.includes('\0')) throw new StrataError('invalid_argument', `${path}: extended attribute with a NUL`)
    return true
  })
}

function isKept(name: string, type: number): boolean {
  if (name.startsWith('trusted.overlay.')) return false
  if (name.startsWith('user.')) return name.length > 5 && (type === S_IFREG || type === S_IFDIR)
  if (name.startsWith('security.')) return name.length > 9
  if (name.startsWith('trusted.')) return name.length > 8
  return ACLS.has(name)
}
