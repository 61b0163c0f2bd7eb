import { run as runProgram } from '../host/index.ts'
import { errnoOf, StrataError } from '../std/index.ts'

/** What a finished program left behind. `status` is 127 when the program isn't on this machine. */
export interface Finished {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end with `input` on its standard input. Never throws for what the program itself says. */
export async function attempt(argv: readonly string[], input = ''): Promise<Finished> {
  const [program, ...args] = argv
  try {
    const { code, stdout, stderr } = await runProgram(program!, args, input === '' ? {} : { input })
    return { status: code ?? 128, stdout, stderr }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { status: 127, stdout: '', stderr: 'command not found' }
    throw error
  }
}

/** As {@link attempt}, but a failure is an `internal` error with what the program wrote to its standard error. */
export async function run(argv: readonly string[], input = ''): Promise<string> {
  const { status, stdout, stderr } = await attempt(argv, input)
  if (status === 0) return stdout
  const said = stderr.trim() || `exit status ${status}`
  throw new StrataError('internal', `${argv[0]}: ${said}`, { details: { argv, input, status } })
}
