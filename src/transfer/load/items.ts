import { type Digest, isDigest } from '../../oci/index.ts'
import { parseReference, type Reference } from '../../reference/index.ts'
import { StrataError } from '../../std/index.ts'

/** An image of Docker's `manifest.json`: paths in the archive. */
export interface Item {
  readonly config: string
  /** Lowest first. */
  readonly layers: readonly string[]
  /** Each with a tag. */
  readonly references: readonly Reference[]
  readonly parent?: Digest
}

/** Go's names of the kinds of JSON values. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

function invalid(message: string, cause?: unknown): StrataError {
  return new StrataError('invalid_argument', message, cause === undefined ? {} : { cause })
}

/** Reads `manifest.json`. Throws `invalid_argument`, with Docker's texts where it has one. */
export function parseItems(bytes: Uint8Array): Item[] {
  const value = parseFirst(Buffer.from(bytes).toString('utf8'))
  if (value === null) throw invalid('invalid manifest, manifest cannot be null (but can be [])')
  if (!Array.isArray(value)) {
    throw invalid(`json: cannot unmarshal ${kindOf(value)} into Go value of type []tarexport.manifestItem`)
  }
  return value.map(each => {
    if (each === null) return { config: '', layers: [], references: [] }
    if (typeof each !== 'object' || Array.isArray(each)) {
      throw invalid(`json: cannot unmarshal ${kindOf(each)} into Go value of type tarexport.manifestItem`)
    }
    return itemOf(each as Readonly<Record<string, unknown>>)
  })
}

/** The value that a text begins with, as Go's decoder takes it: what follows it doesn't matter. */
function parseFirst(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const at = /after JSON at position (\d+)/.exec((error as Error).message)?.[1]
    if (at !== undefined) return JSON.parse(text.slice(0, Number(at)))
    if (text.trim() === '') throw invalid('EOF', error)
    throw invalid(`invalid manifest.json: ${(error as Error).message}`, error)
  }
}

function itemOf(object: Readonly<Record<string, unknown>>): Item {
  const parent = text(object, 'Parent')
  if (parent !== '' && !isDigest(parent)) throw invalid(`invalid parent ${JSON.stringify(parent)}`)
  return {
    config: text(object, 'Config'),
    layers: texts(object, 'Layers'),
    references: texts(object, 'RepoTags').map(taggedReference),
    ...(parent !== '' && { parent: parent as Digest }),
  }
}

function text(object: Readonly<Record<string, unknown>>, field: string): string {
  const value = object[field] ?? ''
  if (typeof value !== 'string') throw unfit(value, field, 'string')
  return value
}

function texts(object: Readonly<Record<string, unknown>>, field: string): string[] {
  const value = object[field] ?? []
  if (!Array.isArray(value)) throw unfit(value, field, '[]string')
  return value.map(each => {
    if (each !== null && typeof each !== 'string') throw unfit(each, field, 'string')
    return each ?? ''
  })
}

function unfit(value: unknown, field: string, type: string): StrataError {
  return invalid(`json: cannot unmarshal ${kindOf(value)} into Go struct field .0.${field} of type ${type}`)
}

/** A name with a tag. Throws Docker's text for any other. */
export function taggedReference(name: string): Reference {
  const reference = parseReference(name)
  if (reference.tag === undefined) throw invalid(`invalid tag ${JSON.stringify(name)}`)
  return { domain: reference.domain, path: reference.path, tag: reference.tag }
}
