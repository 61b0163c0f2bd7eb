import { posix } from 'node:path'

/** A path without any of these is clean. */
const unclean = /\/[/.]|%2[ef]/i

/**
 * Where a request whose path has empty, `.` or `..` segments is to be made instead, as dockerd's router says it;
 * undefined for a clean path. `url` is the path with its query.
 */
export function cleanTarget(url: string): string | undefined {
  const [, encoded = '', search = ''] = /^([^?]*)(.*)$/s.exec(url) ?? []
  if (!unclean.test(encoded)) return undefined
  const path = decode(encoded)
  if (path === undefined) return undefined
  const cleaned = posix.normalize(`/${path}`)
  return cleaned === path ? undefined : `${encodeURI(cleaned).replaceAll(/[?#]/g, encodeURIComponent)}${search}`
}

function decode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}
