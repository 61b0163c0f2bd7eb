import { run } from '../host/index.ts'

export interface ProgramResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end with an environment that holds nothing but PATH. Throws only when it could not be started. */
export async function runProgram(program: string, args: readonly string[]): Promise<ProgramResult> {
  const env = { PATH: process.env.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' }
  const { code, signal, stdout, stderr } = await run(program, args, { env })
  return { code: signal === null ? (code ?? 0) : 128 + signal, stdout, stderr }
}
