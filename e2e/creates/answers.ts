import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { ContainerInspect } from '../../src/apitypes/index.ts'
import { call } from '../fixtures/call.ts'
import type { Daemon } from '../fixtures/daemon.ts'
import { busyboxImage } from '../fixtures/images.ts'
import { succeed } from '../fixtures/processes.ts'
import { pushImage } from '../fixtures/push.ts'
import { startRegistry } from '../fixtures/registry.ts'
import type { CreateCase } from './make-cases.ts'

/** What became of a case. */
export interface CreateAnswer {
  readonly name: string
  readonly status: number
  readonly message?: string
  readonly warnings?: readonly string[]
  /** What inspect shows then, as far as it isn't what it shows of a container for which nothing was asked. */
  readonly shown?: Shown
  /** Present when the start failed, and not at the OCI runtime, whose words are its own. */
  readonly start?: Refusal
}

type Shown = Readonly<Record<string, unknown>>

interface Refusal {
  readonly status: number
  readonly message: string
}

/** Which of the containers that could be created are started, too. */
export type StartChoice = (name: string) => boolean

/** Runs cases one after the other, beside a container that runs and one that has ended. */
export async function answers(
  startDaemon: () => Promise<Daemon>,
  cases: readonly CreateCase[],
  starts: StartChoice,
): Promise<CreateAnswer[]> {
  const root = await mkdtemp(join(tmpdir(), 'strata-creates-'))
  try {
    await using registry = await startRegistry({ root: join(root, 'registry') })
    await pushImage(registry, 'busybox:latest', await busyboxImage({ into: join(root, 'layers') }))
    await using daemon = await startDaemon()
    const docker = (...args: string[]) => succeed(['docker', ...args], { env: daemon.env })
    await docker('pull', '-q', `${registry.host}/busybox`)
    await docker('tag', `${registry.host}/busybox`, 'busybox')
    const start = async (name: string) => {
      const flags = ['--hostname', name, '--ipc', 'shareable', '-v', '/shared', '--name', name]
      return (await docker('run', '-d', ...flags, 'busybox', 'sleep', '1000')).trim()
    }
    const known = { peer: await start('peer'), ended: await start('ended') }
    await docker('kill', 'ended')
    try {
      return await performAll({ daemon, known, starts }, cases)
    } finally {
      await docker('rm', '-f', '-v', 'peer', 'ended')
    }
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

interface Stage {
  readonly daemon: Daemon
  /** IDs by names. */
  readonly known: Readonly<Record<string, string>>
  readonly starts: StartChoice
}

async function performAll(stage: Stage, cases: readonly CreateCase[]): Promise<CreateAnswer[]> {
  const { shown: base } = await perform(stage, { name: '', body: {} })
  const found: CreateAnswer[] = []
  for (const each of cases) {
    const answer = await perform(stage, each)
    found.push(answer.shown && base ? { ...answer, shown: differing(answer.shown, base) } : answer)
  }
  return found
}

async function perform(
  { daemon, known, starts }: Stage,
  { name, body, minor = 51 }: CreateCase,
): Promise<CreateAnswer> {
  const version = `/v1.${minor}`
  const whole = { Image: 'busybox', Cmd: ['sleep', '1000'], ...body }
  const made = await call(daemon, 'POST', '/containers/create?name=subject', { body: whole, version })
  const plain = <T>(value: T, ids = known): T => JSON.parse(comparable(JSON.stringify(value), daemon, ids)) as T
  if (made.status !== 201) return plain({ name, status: made.status, ...made.json<{ message: string }>() })
  const { Id: subject, Warnings: warnings } = made.json<{ Id: string; Warnings: string[] }>()
  try {
    const inspected = await call(daemon, 'GET', `/containers/${subject}/json`, { version })
    const answer = { status: made.status, ...(warnings.length > 0 && { warnings }), shown: shownOf(inspected.json()) }
    const start = starts(name) ? await refusedStart(daemon, subject) : undefined
    return { name, ...plain({ ...answer, ...(start && { start }) }, { ...known, subject }) }
  } finally {
    await call(daemon, 'DELETE', `/containers/${subject}?force=1&v=1`)
  }
}

async function refusedStart(daemon: Daemon, id: string): Promise<Refusal | undefined> {
  const { status, json } = await call(daemon, 'POST', `/containers/${id}/start`)
  if (status === 204) return undefined
  const { message } = json<{ message: string }>()
  return message.includes('OCI runtime create failed') ? undefined : { status, message }
}

function shownOf(inspected: ContainerInspect): Shown {
  const parts = (['Config', 'HostConfig', 'NetworkSettings'] as const).flatMap(part =>
    Object.entries(inspected[part]).map(([name, value]) => [`${part}.${name}`, value as unknown] as const),
  )
  return { ...Object.fromEntries(parts), Mounts: inspected.Mounts, Path: inspected.Path, Args: inspected.Args }
}

function differing(shown: Shown, base: Shown): Shown {
  const names = [...new Set([...Object.keys(base), ...Object.keys(shown)])].toSorted((a, b) => (a < b ? -1 : 1))
  const other = names.filter(name => !isDeepStrictEqual(shown[name], base[name]))
  return Object.fromEntries(other.map(name => [name, shown[name] ?? null]))
}

/** What one daemon says on one machine, as any other could say it anywhere. */
function comparable(text: string, daemon: Daemon, ids: Readonly<Record<string, string>>): string {
  let result = text.replaceAll(daemon.root, '<root>')
  for (const [name, id] of Object.entries(ids)) {
    result = result.replaceAll(id, `<${name}>`).replaceAll(id.slice(0, 12), `<short ${name}>`)
  }
  return result
    .replaceAll(/\b[0-9a-f]{64}\b/g, '<hex>')
    .replaceAll(/\bveth[0-9a-f]{7}\b/g, '<veth>')
    .replaceAll(/0\.01 to \d+\.00, as there are only \d+ CPUs/g, '0.01 to <n>.00, as there are only <n> CPUs')
    .replaceAll(/(?<=, available: )[\d,-]+/g, '<available>')
}
