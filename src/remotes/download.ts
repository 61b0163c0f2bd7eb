import { STATUS_CODES } from 'node:http'
import { collect, StrataError } from '../std/index.ts'
import type { HttpClient, HttpResponse } from './http-client.ts'
import { redactUrl } from './redact.ts'
import type { DownloadedFile } from './remotes.ts'

const MOST_REDIRECTS = 10
const BODY_LIMIT = 64 * 1024

/** {@link FileSource.download} by an HTTP client. */
export async function download(http: HttpClient, url: URL, signal: AbortSignal): Promise<DownloadedFile> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    const scheme = url.protocol.slice(0, -1)
    throw new StrataError('internal', `Get "${url.href}": unsupported protocol scheme "${scheme}"`)
  }
  const response = await http.send({ method: 'GET', url, headers: {}, signal, redirects: MOST_REDIRECTS })
  if (response.status >= 400) throw await refusal(url, response)
  const size = Number(response.headers['content-length'])
  return { bytes: response.body, ...(Number.isSafeInteger(size) && { size }) }
}

async function refusal(url: URL, { status, body }: HttpResponse): Promise<StrataError> {
  const text = await collect(body, BODY_LIMIT).then(
    bytes => bytes.toString().trim(),
    () => '',
  )
  const what = `failed to GET ${redactUrl(url)} with status ${status} ${STATUS_CODES[status] ?? ''}`
  return new StrataError(status === 404 ? 'not_found' : 'invalid_argument', `${what}: ${text}`)
}
