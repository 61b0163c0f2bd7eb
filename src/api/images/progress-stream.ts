import type { Exchange } from '../exchange.ts'
import { JsonStream } from '../json-stream.ts'
import { parseRegistryAuth } from '../registry-auth.ts'
import type { ProgressMessage, RegistryCredentials } from './backend.ts'
import { progressLine } from './progress-text.ts'

/**
 * Answers with Docker's progress stream: what `work` tells, as it comes. An error before the first message becomes an HTTP
 * status, one after it, or with `open` any, the last message.
 */
export async function streamProgress(
  { response }: Exchange,
  work: (progress: (message: ProgressMessage) => void) => Promise<void>,
  options: { readonly open?: boolean } = {},
): Promise<void> {
  const stream = new JsonStream(response, '\r\n')
  try {
    await work(message => {
      if (!(stream.congested && isBar(message))) stream.push(progressLine(message))
    })
  } catch (error) {
    if (!response.headersSent && !options.open) throw error
    stream.end(error)
    return
  }
  stream.end()
}

/** Whether a later message of the same layer says the same with a bigger number. */
function isBar({ progressDetail }: ProgressMessage): boolean {
  return progressDetail?.current !== undefined && progressDetail.current !== progressDetail.total
}

/** What the client's `X-Registry-Auth` header says of the registry. */
export function credentialsOf({ headers }: Exchange): { readonly credentials?: RegistryCredentials } {
  const auth = headers['x-registry-auth']
  const credentials = parseRegistryAuth(Array.isArray(auth) ? auth[0] : auth)
  return credentials ? { credentials } : {}
}
