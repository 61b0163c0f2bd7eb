/** Authorities and certificates made by openssl, for tests. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Authority {
  /** PEM. */
  readonly certificate: string
  /** Signs a certificate for names as openssl writes them: `DNS:a.example`, `IP:127.0.0.1`. */
  issue(name: string, names: readonly string[]): Promise<{ readonly cert: string; readonly key: string }>
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** An authority whose files are in `folder`, which is there. */
export async function makeAuthority(folder: string, name = 'ca'): Promise<Authority> {
  const path = (file: string) => join(folder, file)
  const [key, certificate] = [path(`${name}.key`), path(`${name}.crt`)]
  await run('openssl', ['req', '-x509', ...KEY, '-keyout', key, '-out', certificate, '-days', '2', '-subj', `/CN=${name}`])
  return {
    certificate: await readFile(certificate, 'utf8'),
    async issue(subject, names) {
      const file = (kind: string) => path(`${name}-${subject}.${kind}`)
      await writeFile(file('ext'), `subjectAltName=${names.join(',')}\n`)
      await run('openssl', ['req', ...KEY, '-keyout', file('key'), '-out', file('csr'), '-subj', `/CN=${subject}`])
      const signed = ['-req', '-in', file('csr'), '-CA', certificate, '-CAkey', key, '-CAcreateserial', '-days', '2']
      await run('openssl', ['x509', ...signed, '-extfile', file('ext'), '-out', file('pem')])
      return { cert: await readFile(file('pem'), 'utf8'), key: await readFile(file('key'), 'utf8') }
    },
  }
}
