/**
 * What parts of the engine tell the one who looks after it: facts, and what happened in words. An error goes under `err`.
 */
export interface Logger {
  trace: Log
  debug: Log
  info: Log
  warn: Log
  error: Log
  fatal: Log
}

type Log = (facts: object, message: string) => void

/**
 * A logger that writes JSON lines to standard error; values under keys that name secrets are never written. Loads what
 * it needs when it is called: most programs and threads of Strata log nothing.
 */
export async function createLogger(level: string): Promise<Logger> {
  const { pino } = await import('pino')
  const secrets = ['password', 'token', 'authorization', 'identitytoken', 'registrytoken', 'auth']
  const logger: Logger = pino(
    { level, base: null, redact: secrets.flatMap(key => [key, `*.${key}`]) },
    pino.destination({ fd: 2, sync: true }),
  )
  return logger
}

const nothing: Log = () => {}

/** A logger that drops everything: the default of library use and of tests. */
export const silentLogger: Logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
}
