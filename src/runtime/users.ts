import { StrataError } from '../std/index.ts'
import { readInRootfs } from './rootfs-path.ts'

/** `process.user` of the runtime spec. */
export interface SpecUser {
  readonly uid: number
  readonly gid: number
  readonly additionalGids: readonly number[]
}

interface PasswdEntry {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

interface GroupEntry {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

const largestId = 2 ** 31 - 1

/**
 * The user that `text` (`user`, `uid`, `user:group`, `uid:gid`; empty for root) names in a container, with the groups that
 * /etc/group gives it and those of `groupAdd`. Throws `invalid_argument` with Docker's text.
 */
export async function resolveUser(rootfs: string, text: string, groupAdd: readonly string[] = []): Promise<SpecUser> {
  const [passwd, group] = await Promise.all(['/etc/passwd', '/etc/group'].map(path => readInRootfs(rootfs, path)))
  return userIn({ passwd: passwd ?? '', group: group ?? '' }, text, groupAdd)
}

/** As {@link resolveUser}, from the texts of /etc/passwd and /etc/group. */
export function userIn(
  files: { readonly passwd: string; readonly group: string },
  text: string,
  groupAdd: readonly string[],
): SpecUser {
  const [userName = '', groupName = ''] = text.split(':', 2)
  const groups = parseGroups(files.group)
  const number = asId(userName)
  const wanted = userName === '' ? 0 : number
  const entry = parsePasswd(files.passwd).find(
    ({ name, uid }) => (userName !== '' && name === userName) || uid === wanted,
  )
  if (entry === undefined && wanted === undefined) {
    throw new StrataError('invalid_argument', `unable to find user ${userName}: no matching entries in passwd file`)
  }
  const uid = entry?.uid ?? inRange(wanted!)
  const gid = groupName === '' ? (entry?.gid ?? 0) : groupId(groups, groupName)
  const own =
    groupName === '' && entry !== undefined ? groups.filter(({ members }) => members.includes(entry.name)) : []
  const added = groupAdd.map(name => groupId(groups, name))
  return { uid, gid, additionalGids: [...new Set([gid, ...own.map(found => found.gid), ...added])] }
}

function groupId(groups: readonly GroupEntry[], name: string): number {
  const number = asId(name)
  const found = groups.find(group => group.name === name || group.gid === number)
  if (found !== undefined) return found.gid
  if (number !== undefined) return inRange(number)
  throw new StrataError('invalid_argument', `unable to find group ${name}: no matching entries in group file`)
}

function inRange(id: number): number {
  if (id >= 0 && id <= largestId) return id
  throw new StrataError('invalid_argument', `uids and gids must be in range 0-${largestId}`)
}

function asId(text: string): number | undefined {
  return /^-?\d+$/.test(text) ? Number(text) : undefined
}

function parsePasswd(text: string): PasswdEntry[] {
  return records(text).map(([name = '', , uid = '', gid = '']) => ({ name, uid: id(uid), gid: id(gid) }))
}

function parseGroups(text: string): GroupEntry[] {
  return records(text).map(([name = '', , gid = '', members = '']) => ({
    name,
    gid: id(gid),
    members: members.split(','),
  }))
}

function records(text: string): string[][] {
  const lines = text.split('\n').map(line => line.trim())
  return lines.filter(line => line !== '' && !line.startsWith('#')).map(line => line.split(':'))
}

function id(text: string): number {
  const number = asId(text)
  return number !== undefined && number <= largestId ? number : 0
}
