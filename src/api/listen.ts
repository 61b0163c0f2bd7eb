import { chown, lstat, mkdir, readFile, rm } from 'node:fs/promises'
import { connect, type Server } from 'node:net'
import { dirname } from 'node:path'
import { nobodyListens } from '../host/index.ts'
import { errnoOf, StrataError } from '../std/index.ts'

/** Where a server listens: a unix socket, or TCP (without TLS: whoever reaches it is root). */
export type Address = { readonly path: string } | { readonly host: string; readonly port: number }

/**
 * `unix:///run/strata.sock`, `tcp://127.0.0.1:2375` or `tcp://[::1]:2375`, as in `dockerd --host`.
 * Throws `invalid_argument`.
 */
export function parseAddress(text: string): Address {
  const [, path] = /^unix:\/\/(\/.+)$/.exec(text) ?? []
  if (path !== undefined) return { path }
  const [, six, four, port] = /^tcp:\/\/(?:\[([0-9a-fA-F:.]+)\]|([^:/[\]]+)):([0-9]{1,5})\/?$/.exec(text) ?? []
  const host = six ?? four
  if (host === undefined || Number(port) > 65_535) {
    throw new StrataError(
      'invalid_argument',
      `invalid bind address (${text}): expected unix:///path or tcp://host:port`,
    )
  }
  return { host, port: Number(port) }
}

/**
 * Makes `server` listen. A unix socket is for root and the group `docker` (where there is one) from its first moment on;
 * one that nobody listens on any more is replaced.
 */
export async function listenOn(server: Server, address: Address): Promise<void> {
  if (!('path' in address)) {
    await listening(server, () => server.listen(address))
    return
  }
  await mkdir(dirname(address.path), { recursive: true })
  await removeStale(address.path)
  await listening(server, () => {
    // The socket file is made within this call, so that the mask is back before anything else runs.
    const mask = process.umask(0o117)
    try {
      server.listen(address)
    } finally {
      process.umask(mask)
    }
  })
  const group = await groupId('docker')
  if (group !== undefined) await chown(address.path, 0, group)
}

function listening(server: Server, listen: () => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.once('listening', () => {
    server.off('error', reject)
    resolve()
  })
  listen()
  return promise
}

async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (!found) return
  if (!found.isSocket()) throw new StrataError('conflict', `${path} exists and is not a socket`)
  if (await answers(path)) throw new StrataError('conflict', `another process listens on ${path}`)
  // Whoever listened there may just have removed it.
  await rm(path, { force: true })
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = connect({ path })
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', error => {
      if (nobodyListens(error)) resolve(false)
      else reject(error)
    })
  })
}

async function groupId(name: string): Promise<number | undefined> {
  const groups = await readFile('/etc/group', 'utf8').catch(() => '')
  const line = groups.split('\n').find(each => each.startsWith(`${name}:`))
  const id = Number(line?.split(':')[2] || Number.NaN)
  return Number.isInteger(id) ? id : undefined
}
