import { spawn } from 'node:child_process'
import { errnoOf, StrataError } from '../std/index.ts'

/** What a finished program left behind. `status` is 127 when the program isn't on this machine. */
export interface Finished {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end with `input` on its standard input. Never throws for what the program itself says. */
export function attempt(argv: readonly string[], input = ''): Promise<Finished> {
  const { promise, resolve, reject } = Promise.withResolvers<Finished>()
  const child = spawn(argv[0]!, argv.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', chunk => {
    stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', chunk => {
    stderr += chunk
  })
  child.on('error', error => {
    if (errnoOf(error) === 'ENOENT') resolve({ status: 127, stdout, stderr: `${argv[0]}: not found` })
    else reject(error)
  })
  child.on('close', status => resolve({ status: status ?? 128, stdout, stderr }))
  child.stdin.on('error', () => {}) // it ended before it had read everything; its status tells
  child.stdin.end(input)
  return promise
}

/** As {@link attempt}, but a failure is an `internal` error with what the program wrote to its standard error. */
export async function run(argv: readonly string[], input = ''): Promise<string> {
  const { status, stdout, stderr } = await attempt(argv, input)
  if (status === 0) return stdout
  const said = stderr.trim() || `exit status ${status}`
  throw new StrataError('internal', `${argv[0]}: ${said}`, { details: { argv, input, status } })
}
