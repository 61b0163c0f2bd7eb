import { isIndex, isManifest, isSchema1, mediaTypes, parseManifest, schema1Refused } from '../oci/index.ts'

/**
 * The media type of a manifest that came with `contentType`: what the header says when it names one that we read, else
 * what the document says of itself. `name` is the reference, for messages. Throws `invalid_argument` for everything that
 * is no image manifest or index.
 */
export function manifestType(contentType: string, bytes: Uint8Array, name: string): string {
  const header = contentType.split(';', 1)[0]!.trim().toLowerCase()
  if (isIndex(header) || isManifest(header)) return header
  if (isSchema1(header)) throw schema1Refused(name)
  const parsed = parseManifest(bytes, header)
  const own = (parsed.kind === 'index' ? parsed.index : parsed.manifest).mediaType ?? ''
  if (isIndex(own) || isManifest(own)) return own
  return parsed.kind === 'index' ? mediaTypes.ociIndex : mediaTypes.ociManifest
}
