import { execFile } from 'node:child_process'
import { StrataError } from '../std/index.ts'

export interface ProgramResult {
  readonly code: number
  readonly stderr: string
}

/** Runs a program to its end with an environment that holds nothing but PATH. Throws only when it could not be started. */
export function runProgram(program: string, args: readonly string[]): Promise<ProgramResult> {
  const env = { PATH: process.env.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' }
  return new Promise((resolve, reject) => {
    execFile(program, args, { env, encoding: 'utf8' }, (error, _stdout, stderr) => {
      if (error === null) resolve({ code: 0, stderr })
      else if (typeof error.code === 'number') resolve({ code: error.code, stderr })
      else reject(new StrataError('internal', `${program}: ${error.message}`, { cause: error }))
    })
  })
}
