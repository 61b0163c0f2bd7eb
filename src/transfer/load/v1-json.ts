import {
  membersOf,
  parseWhole,
  type RawJSON,
  raw,
  rawList,
  rawMap,
  rawObject,
  read,
  string,
  struct,
} from '../../gojson/index.ts'
import type { DiffID } from '../../oci/index.ts'
import { bytesOfText, textOfBytes } from '../../std/index.ts'
import { type V1Image, v1Image } from '../v1-image.ts'

/** What of an image's document says where it belongs. */
const placement = struct('struct { OS string; Parent string }', { OS: string, Parent: string })
type Placement = (typeof placement)['zero']

/** The document of an image of Docker before 1.10, read as far as it is asked for. Its methods throw `invalid_argument`. */
export class V1Document {
  readonly #text: string
  readonly #value: unknown

  constructor(bytes: Uint8Array) {
    this.#text = textOfBytes(bytes)
    this.#value = parseWhole(this.#text)
  }

  /** The ID of the image below, empty for none, and the operating system, empty for the host's. */
  placement(): Placement {
    return read(placement, this.#value)
  }

  /** The image's entry of the history. */
  history(): RawJSON {
    const { created, container_config, author, comment } = this.#image()
    const members = [
      ['created', created],
      ['created_by', container_config.Cmd?.join(' ')],
      ['author', author],
      ['comment', comment],
    ] as const
    return rawObject(members.flatMap(([name, text]) => (text ? [[name, raw(text)] as const] : [])))
  }

  /**
   * The bytes of the config that Docker makes of it: members as they are written, but those of the old world, which has none
   * of the layers and the history. What a Docker before 1.8.3 wrote is written anew.
   */
  config(layers: readonly DiffID[], history: readonly RawJSON[]): Uint8Array {
    const image = this.#image()
    const members = membersOf(isBefore183(image.docker_version ?? '') ? v1Image.write(image) : this.#text)
    for (const name of ['id', 'parent', 'Size', 'parent_id', 'layer_id', 'throwaway']) members.delete(name)
    members.set('rootfs', raw({ type: 'layers', ...(layers.length > 0 && { diff_ids: layers }) }))
    members.set('history', rawList(history))
    return bytesOfText(rawMap(members))
  }

  #image(): V1Image {
    return read(v1Image, this.#value, 'V1Image')
  }
}

/** Whether a version is before 1.8.3 as Docker compares them: what is no number is 0. */
function isBefore183(version: string): boolean {
  const parts = version.split('.').map(part => (/^[+-]?\d+$/.test(part) ? Number(part) : 0))
  for (const [position, wanted] of [1, 8, 3].entries()) {
    const part = parts[position] ?? 0
    if (part !== wanted) return part < wanted
  }
  return false
}
