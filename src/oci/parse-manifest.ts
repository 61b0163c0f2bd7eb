import type { StrataError } from '../std/index.ts'
import { parseDigest } from './digest.ts'
import { arrayOf, fieldsOf, invalid, type JSONObject, mapOf, objectOf, parseObject, stringOf } from './json.ts'
import { isIndex, isManifest, isSchema1, mediaTypes } from './media-types.ts'
import type { Descriptor, Index, Manifest, Platform } from './oci.ts'

/** Manifests and indexes over this many bytes are refused, as distribution-spec v1.1 allows ("Pushing Manifests"). */
export const MANIFEST_LIMIT = 4 * 1024 * 1024

export type ParsedManifest =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'index'; readonly index: Index }

/** Refuses Docker's image manifest v2 schema 1, with Docker's text; `name` is the reference that led to one. */
export function schema1Refused(name?: string): StrataError {
  const advice =
    name === undefined
      ? ''
      : ` Suggest the author of ${name} to upgrade the image to the OCI Format or Docker Image manifest v2, schema 2.`
  return invalid(
    'Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been removed.' +
      `${advice} More information at https://docs.docker.com/go/deprecated-image-specs/`,
  )
}

const strings = (value: unknown, what: string) => arrayOf(value, what, stringOf)
const annotations = (value: unknown, what: string) => mapOf(value, what, stringOf)

function platform(value: unknown, what: string): Platform {
  const fields = fieldsOf(objectOf(value, what), what, {
    os: stringOf,
    architecture: stringOf,
    variant: stringOf,
    'os.version': stringOf,
    'os.features': strings,
  })
  return { ...fields, os: fields.os ?? '', architecture: fields.architecture ?? '' }
}

function size(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw invalid(`${what} is not a valid size`)
  return value
}

/** A descriptor as it stands in somebody's JSON, checked. `what` names it in errors. Throws `invalid_argument`. */
function descriptor(value: unknown, what: string): Descriptor {
  const object = objectOf(value, what)
  return {
    mediaType: stringOf(object.mediaType, `${what}.mediaType`),
    digest: parseDigest(stringOf(object.digest, `${what}.digest`)),
    size: size(object.size, `${what}.size`),
    ...fieldsOf(object, what, { urls: strings, annotations, artifactType: stringOf, platform }),
  }
}

const common = { mediaType: stringOf, artifactType: stringOf, subject: descriptor, annotations }

function manifest(object: JSONObject): Manifest {
  return {
    schemaVersion: 2,
    ...fieldsOf(object, 'manifest', common),
    config: descriptor(object.config, 'manifest.config'),
    layers: arrayOf(object.layers ?? [], 'manifest.layers', descriptor),
  }
}

function index(object: JSONObject): Index {
  return {
    schemaVersion: 2,
    ...fieldsOf(object, 'index', common),
    manifests: arrayOf(object.manifests ?? [], 'index.manifests', descriptor),
  }
}

/**
 * Reads a manifest or an index that came from outside as `mediaType` (the Content-Type or the descriptor's; unknown ones
 * leave the decision to the document). Everything is checked: schema version, digests, sizes, and that the document is of
 * one kind only, so that two readers of the same bytes never disagree about what they are (CVE-2021-41190).
 * Throws `invalid_argument`.
 */
export function parseManifest(bytes: Uint8Array, mediaType: string): ParsedManifest {
  if (isSchema1(mediaType)) throw schema1Refused()
  if (bytes.byteLength > MANIFEST_LIMIT) throw invalid(`manifest is larger than ${MANIFEST_LIMIT} bytes`)
  const object = parseObject(bytes, 'manifest')
  if (object.schemaVersion === 1) throw schema1Refused()
  if (!present(object, 'schemaVersion')) throw invalid('manifest has no schema version')
  if (object.schemaVersion !== 2)
    throw invalid(`unrecognized manifest schema version ${JSON.stringify(object.schemaVersion)}`)
  const own = typeof object.mediaType === 'string' ? object.mediaType : ''
  const known = isIndex(mediaType) || isManifest(mediaType)
  if (known && own !== '' && own !== mediaType) {
    const words = mediaType === mediaTypes.ociManifest ? 'if present, mediaType in manifest' : 'mediaType in manifest'
    throw invalid(`${words} should be '${mediaType}' not '${own}'`)
  }
  const type = known ? mediaType : own
  const hasChildren = present(object, 'manifests')
  const hasContent = present(object, 'config') || present(object, 'layers')
  if ((hasChildren && hasContent) || present(object, 'fsLayers')) throw invalid('manifest is of several kinds at once')
  if (isIndex(type) && hasContent) throw invalid('index has "config" or "layers"')
  if (isManifest(type) && hasChildren) throw invalid('manifest has "manifests"')
  if (isIndex(type) || (!isManifest(type) && hasChildren)) return { kind: 'index', index: index(object) }
  if (isManifest(type) || hasContent) return { kind: 'manifest', manifest: manifest(object) }
  throw invalid(`unsupported manifest media type: ${type === '' ? mediaType : type}`)
}

function present(object: JSONObject, field: string): boolean {
  return Object.hasOwn(object, field) && object[field] !== null
}
