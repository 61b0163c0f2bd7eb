import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { killIfThere } from '../host/index.ts'
import { delay, orAborted, StrataError } from '../std/index.ts'
import type { Exit, Process } from './runtime.ts'
import { connectShim, firstLine, request } from './shim-connection.ts'
import { containerStopped, startError, type Unstarted } from './start-error.ts'
import { isAlive, names, parseExit, readExit, readIdentity } from './task-folder.ts'

const killed = 137

/** A process whose shim has the given folder. Holds nothing open but while a call is under way. */
export class ShimProcess implements Process {
  readonly #folder: string
  readonly #of: Pick<Unstarted, 'started' | 'family'>
  #pid: number | undefined
  #exit: Promise<Exit> | undefined

  constructor(folder: string, of: Pick<Unstarted, 'started' | 'family'>, pid?: number) {
    this.#folder = folder
    this.#of = of
    this.#pid = pid
  }

  get pid(): number | undefined {
    return this.#pid
  }

  async start(): Promise<number> {
    const answer = await request(this.#folder, 'start')
    const started = /^started (\d+)$/.exec(answer ?? '')
    if (started !== null) {
      this.#pid = Number(started[1])
      return this.#pid
    }
    const failed = /^failed \d+ (".*")$/.exec(answer ?? '')
    if (failed === null) {
      // The end of a task ends the shims of what was about to start in it.
      throw this.#of.started === 'exec'
        ? containerStopped()
        : new StrataError('unavailable', 'the shim ended before the process was started')
    }
    throw await startError({ folder: this.#folder, ...this.#of }, String(JSON.parse(failed[1]!)))
  }

  async kill(signal: number): Promise<void> {
    const answer = await request(this.#folder, `signal ${signal}`)
    if (answer === 'ok') return
    if (answer === undefined && (await readExit(this.#folder)) === undefined) await this.#reportLost()
    if (answer === 'gone' || answer === undefined) throw new StrataError('not_found', 'process already finished')
    throw new StrataError('invalid_argument', `invalid signal: ${signal}`)
  }

  async resize({ columns, rows }: { readonly columns: number; readonly rows: number }): Promise<void> {
    const answer = await request(this.#folder, `resize ${columns} ${rows}`)
    if (answer === undefined) throw new StrataError('failed_precondition', 'process is not running')
  }

  wait(signal?: AbortSignal): Promise<Exit> {
    this.#exit ??= this.#waitForExit().catch((error: unknown) => {
      this.#exit = undefined
      throw error
    })
    return signal === undefined ? this.#exit : orAborted(this.#exit, signal)
  }

  exited(): Promise<Exit | undefined> {
    return readExit(this.#folder)
  }

  async attach(streams: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean }) {
    const socket = await connectShim(this.#folder)
    if (socket === undefined) return ended()
    socket.write(`attach ${Number(streams.stdin)} ${Number(streams.stdout)} ${Number(streams.stderr)}\n`)
    const { line } = await firstLine(socket)
    if (line !== 'ok') {
      socket.destroy()
      return ended()
    }
    // The process has exited, so nobody reads any input; the shim is there until this side is closed too.
    return socket.once('end', () => socket.destroy())
  }

  async #waitForExit(): Promise<Exit> {
    const answer = await request(this.#folder, 'wait')
    const exit = answer === undefined ? await readExit(this.#folder) : parseExit(answer)
    return exit ?? (await this.#reportLost())
  }

  /**
   * The shim died without a word (killed, crashed): its process lives on with broken pipes and nobody to tell of its
   * exit. It is killed, and that is its exit, also for a later engine.
   */
  async #reportLost(): Promise<Exit> {
    const init = await readIdentity(join(this.#folder, names.started))
    while (init !== undefined && (await isAlive(init))) {
      killIfThere(init.pid)
      await delay(5)
    }
    const at = new Date()
    await writeFile(
      join(this.#folder, names.exit),
      `exited ${killed} 9 ${Math.floor(at.getTime() / 1000)} 0 0\n`,
    ).catch(
      // The folder is gone when the task was removed meanwhile.
      () => undefined,
    )
    return { code: killed, at, oomKilled: false }
  }
}

/** What attaching to an exited process gives: end of file, and nobody who reads. */
function ended(): Duplex {
  return new Duplex({
    read() {
      this.push(null)
    },
    write(_chunk, _encoding, done) {
      done()
    },
  })
}
