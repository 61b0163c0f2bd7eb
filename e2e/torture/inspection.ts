import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { call, logLines } from '../fixtures/call.ts'
import type { Engine } from '../fixtures/engine.ts'
import { eventually } from '../fixtures/lab.ts'
import { execute } from '../fixtures/processes.ts'
import type { Random } from '../fixtures/random.ts'
import { brief, briefExit, counters } from './commands.ts'

const strata = join(import.meta.dirname, '../../bin/strata')

interface Summary {
  readonly Id: string
  readonly Names: readonly string[]
}

export interface State {
  readonly Status: string
  readonly Running: boolean
  readonly Paused: boolean
  readonly Pid: number
  readonly ExitCode: number
  readonly StartedAt: string
}

export interface Inspected {
  readonly Id: string
  readonly Name: string
  readonly State: State
}

const known: ReadonlySet<string> = new Set([...counters, ...brief].map(name => `/${name}`))

/** Every container, inspected. */
export async function allContainers(engine: Engine): Promise<Inspected[]> {
  const list = (await call(engine, 'GET', '/containers/json?all=1')).json<Summary[]>()
  const found: Inspected[] = []
  for (const { Id, Names } of list) {
    const inspected = await inspect(engine, Id)
    // One of `run --rm` goes by itself.
    if (!inspected && !known.has(Names[0]!)) continue
    assert.ok(inspected, `${Names[0]} is listed, and not there`)
    assert.deepEqual([inspected.Id, inspected.Name], [Id, Names[0]])
    if (known.has(inspected.Name)) assert.equal((await inspect(engine, inspected.Name.slice(1)))?.Id, Id)
    found.push(inspected)
  }
  return found
}

async function inspect(engine: Engine, id: string): Promise<Inspected | undefined> {
  const { status, body, json } = await call(engine, 'GET', `/containers/${id}/json`)
  if (status === 404) return undefined
  assert.equal(status, 200, body.toString())
  return json<Inspected>()
}

async function runs(engine: Engine, id: string): Promise<boolean> {
  return (await inspect(engine, id))?.State.Running ?? false
}

/** Whether a container that is said to run has a process; one that waits for its next start has none. */
async function hasProcess(engine: Engine, id: string): Promise<boolean> {
  const state = (await inspect(engine, id))?.State
  return !state?.Running || state.Pid === 0 || existsSync(`/proc/${state.Pid}`)
}

export async function imageNames(engine: Engine): Promise<string[]> {
  const images = (await call(engine, 'GET', '/images/json')).json<{ readonly RepoTags: readonly string[] | null }[]>()
  return images.flatMap(({ RepoTags }) => RepoTags ?? [])
}

/** Fails unless the store holds nothing but what is whole and needed. */
export async function checkStore(engine: Engine): Promise<void> {
  const { status, stdout, stderr } = await execute([strata, 'system', 'check', '--host', engine.host])
  assert.match(stdout, /^checked \d+, no problems$/m, stdout + stderr)
  assert.equal(status, 0)
}

/** Fails unless the data root of an engine that was stopped holds no file but those that there always are. */
export async function checkEmpty({ dataRoot }: Engine): Promise<void> {
  const entries = await readdir(dataRoot, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => !entry.isDirectory()).map(entry => join(entry.parentPath, entry.name))
  const always = ['lock', 'metadata.db', 'metadata.db-reserve'].map(name => join(dataRoot, name))
  assert.deepEqual(files.sort(), always)
}

/** Fails unless everything that the engine shows is usable. */
export async function checkEverything(engine: Engine, random: Random): Promise<void> {
  await checkStore(engine)
  const containers = await allContainers(engine)
  for (const container of containers) await checkContainer(engine, container)
  const names = await imageNames(engine)
  if (names.length > 0) await checkImage(engine, random.pick(names))
  const taken = new Set(containers.map(({ Name }) => Name.slice(1)))
  const free = [...counters, ...brief].filter(name => !taken.has(name))
  if (free.length > 0 && names.length > 0) await checkName(engine, random.pick(free), random.pick(names))
  const running = containers.filter(({ State }) => State.Running && !State.Paused)
  if (running.length > 0 && random.number(2) === 0) await checkExec(engine, random.pick(running))
  if (containers.length > 0 && random.number(3) === 0) {
    await ok(engine, 'rm', '-fv', random.pick(containers).Id)
  }
}

async function checkContainer(engine: Engine, { Id, Name, State }: Inspected): Promise<void> {
  const about = `${Name} ${JSON.stringify(State)}`
  const name = Name.slice(1)
  assert.ok(['created', 'running', 'paused', 'exited', 'restarting'].includes(State.Status), about)
  // One that ends is said to run until all that it held is given back.
  await eventually(
    () => hasProcess(engine, Id),
    has => has,
  )
  const started = !State.StartedAt.startsWith('0001')
  if (brief.some(known => known === name) && State.Status === 'exited') assert.equal(State.ExitCode, briefExit, about)
  if (!counters.some(known => known === name) || !started) return
  const lines = await logLines(engine, Id)
  assertCounts(lines, about)
  if (State.Paused) await ok(engine, 'unpause', Id)
  // A signal that came before the engine's end may end it now.
  await eventually(
    async () => (await runs(engine, Id)) && (await logLines(engine, Id)).length === lines.length,
    stuck => !stuck,
  )
}

/** Each run counts from nothing, and leaves no line out. */
function assertCounts(lines: readonly string[], about: string): void {
  let expected = 0
  for (const [at, line] of lines.entries()) {
    if (line === '0') expected = 0
    assert.equal(line, String(expected), `line ${at} of the log of ${about}`)
    expected++
  }
}

async function checkImage(engine: Engine, image: string): Promise<void> {
  assert.equal(await ok(engine, 'run', '--rm', image, 'cat', '/srv/index.html'), 'hello from strata\n')
}

async function checkName(engine: Engine, name: string, image: string): Promise<void> {
  await ok(engine, 'create', '--name', name, image)
  await ok(engine, 'rm', name)
}

async function checkExec(engine: Engine, { Id, State }: Inspected): Promise<void> {
  const { status, stdout, stderr } = await engine.docker(['exec', Id, 'echo', 'inside'])
  if (status === 0) return assert.equal(stdout, 'inside\n')
  // Only the end of that run is an excuse, and that is known soon.
  await eventually(
    async () => ({ status, stderr, goesOn: (await inspect(engine, Id))?.State.Pid === State.Pid }),
    ({ goesOn }) => !goesOn,
  )
}

/** Runs docker; resolves with its standard output, fails unless it succeeds. */
export async function ok(engine: Engine, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await engine.docker(args)
  assert.equal(status, 0, `docker ${args.join(' ')}: ${stderr}`)
  return stdout
}
