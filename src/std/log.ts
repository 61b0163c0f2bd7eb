import { type Logger, pino } from 'pino'

export type { Logger } from 'pino'

/** A logger that writes JSON lines to standard error; values under keys that name secrets are never written. */
export function createLogger(level: string): Logger {
  const secrets = ['password', 'token', 'authorization', 'identitytoken', 'registrytoken', 'auth']
  return pino(
    { level, base: null, redact: secrets.flatMap(key => [key, `*.${key}`]) },
    pino.destination({ fd: 2, sync: true }),
  )
}

/** A logger that drops everything: the default of library use and of tests. */
export const silentLogger: Logger = pino({ enabled: false })
