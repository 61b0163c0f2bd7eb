import { type Digest, isDigest } from '../../oci/index.ts'
import { parseReference, type Reference } from '../../reference/index.ts'
import type { StrataError } from '../../std/index.ts'
import { firstValue, invalid, unfit } from './go-json.ts'

/** An image of Docker's `manifest.json`: paths in the archive. */
export interface Item {
  readonly config: string
  /** Lowest first. */
  readonly layers: readonly string[]
  /** Each with a tag. */
  readonly references: readonly Reference[]
  readonly parent?: Digest
}

/** Reads `manifest.json`. Throws `invalid_argument`, with Docker's texts where it has one. */
export function parseItems(bytes: Uint8Array): Item[] {
  const value = firstValue(bytes, 'manifest.json')
  if (value === null) throw invalid('invalid manifest, manifest cannot be null (but can be [])')
  if (!Array.isArray(value)) {
    throw unfit(value, '[]tarexport.manifestItem')
  }
  return value.map(each => {
    if (each === null) return { config: '', layers: [], references: [] }
    if (typeof each !== 'object' || Array.isArray(each)) {
      throw unfit(each, 'tarexport.manifestItem')
    }
    return itemOf(each as Readonly<Record<string, unknown>>)
  })
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
  if (typeof value !== 'string') throw unfitField(value, field, 'string')
  return value
}

function texts(object: Readonly<Record<string, unknown>>, field: string): string[] {
  const value = object[field] ?? []
  if (!Array.isArray(value)) throw unfitField(value, field, '[]string')
  return value.map(each => {
    if (each !== null && typeof each !== 'string') throw unfitField(each, field, 'string')
    return each ?? ''
  })
}

function unfitField(value: unknown, field: string, type: string): StrataError {
  return unfit(value, type, `Go struct field .0.${field}`)
}

/** A name with a tag. Throws Docker's text for any other. */
export function taggedReference(name: string): Reference {
  const reference = parseReference(name)
  if (reference.tag === undefined) throw invalid(`invalid tag ${JSON.stringify(name)}`)
  return { domain: reference.domain, path: reference.path, tag: reference.tag }
}
