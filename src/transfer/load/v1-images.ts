import type { RawJSON } from '../../gojson/index.ts'
import { asDiffID, type DiffID, digestOf } from '../../oci/index.ts'
import { StrataError } from '../../std/index.ts'
import type { Candidate } from './candidate.ts'
import { documentAt, type Files, findFile, leadsOut, missing } from './files.ts'
import { configOf, refuseForeign } from './image-config.ts'
import { parseRepositories } from './repositories.ts'
import { V1Document } from './v1-json.ts'

/** The most layers of one image, as in Docker. */
const MOST_LAYERS = 125
/** The most bytes of all configs: each has the history of all that is below it. */
const CONFIGS_LIMIT = 64 << 20

/** An image of the archive, with what those above it need. */
interface V1Image {
  readonly candidate: Candidate
  readonly diffIDs: readonly DiffID[]
  readonly history: readonly RawJSON[]
}

interface Placed {
  /** Its folder. */
  readonly id: string
  readonly document: V1Document
  /** The ID of the image below; empty for none. */
  readonly parent: string
}

/** Whether the documents of an archive are those of Docker before 1.10. */
export function hasV1Images(files: Files): boolean {
  return findFile(files, 'repositories') !== undefined || files.keys().some(name => /^[^/]+\/json$/.test(name))
}

/**
 * The images of an archive of Docker before 1.10: each is a folder, named by its ID there, with one layer and a document that
 * names the image below. `repositories` has their names. Their configs are made here, of what their layers turn out to be:
 * resolves when all have come. Throws `invalid_argument` with Docker's texts.
 */
export async function v1Candidates(files: Files): Promise<Candidate[]> {
  const images = new Map<string, V1Image>()
  let room = CONFIGS_LIMIT
  for (const folder of foldersOf(files)) {
    for (const placed of missingOf(folder, files, images)) {
      const image = await imageOf(placed, files, images.get(placed.parent))
      room -= image.candidate.configBytes.byteLength
      if (room < 0) {
        const text = `the images of the archive have more than ${CONFIGS_LIMIT} bytes of configs`
        throw new StrataError('invalid_argument', text)
      }
      images.set(placed.id, image)
    }
  }
  const names = parseRepositories(documentAt(files, 'repositories')).map(({ target, reference }) => {
    if (!images.has(target)) throw new StrataError('invalid_argument', `invalid target ID: ${target}`)
    return { target, reference: reference() }
  })
  return Array.from(images, ([id, { candidate }]) => {
    const references = names.flatMap(({ target, reference }) => (target === id && reference ? [reference] : []))
    return { ...candidate, references }
  })
}

/** The folders at the root of the archive, in the order in which Docker goes through them. */
function foldersOf(files: Files): string[] {
  const folders = new Set<string>()
  for (const [name, { kind }] of files) {
    const [folder = '', ...rest] = name.split('/')
    if (folder === '' || files.get(folder)?.kind === 'link') continue
    if (rest.length > 0 || kind === 'folder') folders.add(folder)
  }
  // Names are bytes, and so is Docker's order.
  return [...folders].sort((one, other) => (one < other ? -1 : 1))
}

/** What is not yet among the images of the chain from `id` downwards, the lowest first. */
function missingOf(id: string, files: Files, images: ReadonlyMap<string, V1Image>): Placed[] {
  const chain = new Map<string, Placed>()
  for (let at = id; !images.has(at); ) {
    if (chain.has(at)) throw new StrataError('invalid_argument', `image ${at} is its own parent`)
    if (chain.size === MOST_LAYERS) throw tooDeep()
    const document = new V1Document(documentAt(files, pathIn(at, 'json')))
    const { OS, Parent } = document.placement()
    refuseForeign(OS)
    chain.set(at, { id: at, document, parent: Parent })
    if (Parent === '') break
    at = Parent
  }
  return [...chain.values()].reverse()
}

async function imageOf({ id, document }: Placed, files: Files, parent: V1Image | undefined): Promise<V1Image> {
  const path = pathIn(id, 'layer.tar')
  const diffIDs = [...(parent?.diffIDs ?? []), await diffIDAt(path, files)]
  if (diffIDs.length > MOST_LAYERS) throw tooDeep()
  const history = [...(parent?.history ?? []), document.history()]
  const configBytes = document.config(diffIDs, history)
  const candidate = {
    id: digestOf(configBytes),
    configBytes,
    imageConfig: configOf(configBytes, diffIDs.length),
    layers: [...(parent?.candidate.layers ?? []), path],
    references: [],
    ...(parent && { parent: parent.candidate.id }),
  }
  return { candidate, diffIDs, history }
}

/** What the layer at `path` is; that it is one is seen when it is taken. */
async function diffIDAt(path: string, files: Files): Promise<DiffID> {
  const file = findFile(files, path)
  switch (file?.kind) {
    case 'layer':
      return (await file.layer.info).diffID
    case 'document':
      return asDiffID(digestOf(file.bytes))
    case 'unknown':
      throw new StrataError('invalid_argument', 'archive/tar: invalid tar header')
    case undefined:
      throw missing(path)
  }
}

function pathIn(id: string, name: string): string {
  const path = `${id}/${name}`
  if (leadsOut(path)) throw new StrataError('invalid_argument', `${path} is not in the archive`)
  return path
}

function tooDeep(): StrataError {
  return new StrataError('invalid_argument', 'max depth exceeded')
}
