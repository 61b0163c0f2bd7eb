import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf, StrataError } from '../std/index.ts'
import type { ClientIdentity } from './client-identities.ts'

/** What a host's folder of certificates holds, in PEM. */
export interface HostCertificates {
  /** Authorities that are trusted besides the system's. */
  readonly authorities: readonly string[]
  /** What the client shows when it is asked. */
  readonly clients: readonly ClientIdentity[]
}

/** The port that hosts of URLs leave out. */
const TLS_PORT = 443

/**
 * Reads `<folder>/<host:port>/` of the first of `folders` that has one, in Docker's layout: `*.crt` authorities, and
 * `*.cert` with `*.key` of the same name client certificates. A host without a port may have the folder `<host>:443` too.
 * Undefined when there is none. Throws `invalid_argument` with Docker's text when it is no folder, or when one of a pair is
 * missing.
 */
export async function readHostCertificates(
  folders: readonly string[],
  host: string,
): Promise<HostCertificates | undefined> {
  const names = /:\d+$/.test(host) ? [host] : [host, `${host}:${TLS_PORT}`]
  for (const folder of folders) {
    for (const name of names) {
      const found = await readFolder(join(folder, name))
      if (found) return found
    }
  }
  return undefined
}

async function readFolder(folder: string): Promise<HostCertificates | undefined> {
  let names: string[]
  try {
    names = (await readdir(folder)).sort()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    if (errnoOf(error) === 'ENOTDIR') throw new StrataError('invalid_argument', `open ${folder}: not a directory`)
    throw new StrataError('invalid_argument', `unable to read the certificates in ${folder}`, { cause: error })
  }
  const present = new Set(names)
  const authorities: string[] = []
  const clients: ClientIdentity[] = []
  for (const name of names) {
    const stem = name.replace(/\.[^.]*$/, '')
    if (name.endsWith('.crt')) authorities.push(await read(folder, name))
    else if (name.endsWith('.cert')) {
      if (!present.has(`${stem}.key`)) {
        throw new StrataError(
          'invalid_argument',
          `missing key ${stem}.key for client certificate ${name}. CA certificates must use the extension .crt`,
        )
      }
      clients.push({ cert: await read(folder, name), key: await read(folder, `${stem}.key`) })
    } else if (name.endsWith('.key') && !present.has(`${stem}.cert`)) {
      throw new StrataError('invalid_argument', `missing client certificate ${stem}.cert for key ${name}`)
    }
  }
  return { authorities, clients }
}

async function read(folder: string, name: string): Promise<string> {
  try {
    return await readFile(join(folder, name), 'utf8')
  } catch (error) {
    throw new StrataError('invalid_argument', `unable to read ${join(folder, name)}`, { cause: error })
  }
}
