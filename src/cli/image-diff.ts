import type {
  ComparedImage,
  ComparedImages,
  FileDifference,
  FileFacts,
  ImageDiffDone,
  ImageLayerPlace,
} from '../apitypes/index.ts'
import { type Connection, diffImages } from '../client/index.ts'
import { parsePlatform } from '../oci/index.ts'
import { humanSize } from '../std/index.ts'
import type { Output, ViewOptions } from './cli.ts'
import { oneLine, printable, shortDigest, table } from './text.ts'

export interface ImageDiffOptions extends ViewOptions {
  /** Show files too of which nothing but the time differs. */
  readonly times?: boolean
  /** Show what the layers changed, and no files. */
  readonly summary?: boolean
  /** `linux/arm64`: which of the images of the names; of two the first is for A, the second for B. */
  readonly platform?: readonly string[]
}

/** `strata image diff` */
export async function showImageDiff(
  connection: Connection,
  out: Output,
  { from, to, ...options }: ImageDiffOptions & { readonly from: string; readonly to: string },
): Promise<number> {
  let images: ComparedImages | undefined
  let text = ''
  let width = 0
  const tally = tallyOf()
  const platforms = (options.platform ?? []).map(parsePlatform)
  const [fromPlatform, toPlatform = fromPlatform] = platforms
  const asked = {
    from: { name: from, ...(fromPlatform && { platform: fromPlatform }) },
    to: { name: to, ...(toPlatform && { platform: toPlatform }) },
  }
  for await (const message of diffImages(connection, asked)) {
    if (options.json) text += `${JSON.stringify(message)}\n`
    else if (message.status === 'images') {
      images = message
      width = String(Math.max(message.from.layers.length, message.to.layers.length)).length + 1
      text += heading({ from, to }, message)
    } else if (message.status === 'done') text += summary(message, images!, tally)
    else if (tally.add(message) || options.times) {
      if (!options.summary) text += `${line(message, width)}\n`
    }
    if (text.length < 1 << 14) continue
    await out.write(text)
    text = ''
  }
  await out.write(text)
  return 0
}

function heading(names: { readonly from: string; readonly to: string }, { from, to }: ComparedImages): string {
  const common = to.layers.filter(({ diffID }, at) => from.layers[at]?.diffID === diffID).length
  const row = (letter: string, name: string, { id, platform, size, layers }: ComparedImage) =>
    [letter, printable(name), shortDigest(id), platform, humanSize(size, 3), String(layers.length)] as const
  const columns = [
    { title: '' },
    { title: 'IMAGE' },
    { title: 'ID' },
    { title: 'PLATFORM' },
    { title: 'SIZE', align: 'right' },
    { title: `LAYERS (${common} in common)` },
  ] as const
  return `${table(columns, [row('A', names.from, from), row('B', names.to, to)])}\n`
}

const signs = { added: '+', changed: '~', removed: '-' } as const

/** `~   +120B  B3  /etc/passwd  (content, mode 0644 -> 0600)` */
function line({ status, path, layer, bytes, aspects = [], before, after }: FileDifference, width: number): string {
  const facts = after ?? before!
  const shown = printable(path) + (facts.type === 'directory' ? '/' : '')
  const what = before && after ? `  (${aspects.map(aspect => aspectText(aspect, before, after)).join(', ')})` : ''
  return `${signs[status]} ${(bytes === 0 ? '' : signed(bytes)).padStart(8)}  ${place(layer).padEnd(width)}  ${shown}${what}`
}

function signed(bytes: number): string {
  return bytes > 0 ? `+${humanSize(bytes, 3)}` : humanSize(bytes, 3)
}

function place({ image, number }: ImageLayerPlace): string {
  return `${image === 'from' ? 'A' : 'B'}${number}`
}

function aspectText(aspect: string, before: FileFacts, after: FileFacts): string {
  switch (aspect) {
    case 'type':
      return `${before.type} -> ${after.type}`
    case 'mode':
      return `mode ${before.mode} -> ${after.mode}`
    case 'owner':
      return `owner ${before.uid}:${before.gid} -> ${after.uid}:${after.gid}`
    default:
      return aspect
  }
}

interface LayerTally {
  added: number
  changed: number
  removed: number
  bytes: number
}

/** Counts what each layer did. */
function tallyOf() {
  const layers = new Map<string, LayerTally>()
  let timesOnly = 0
  return {
    layers,
    timesOnly: () => timesOnly,
    /** False for a file of which only the time differs; such are not counted as changed. */
    add({ status, layer, bytes, aspects }: FileDifference): boolean {
      if (aspects?.length === 1 && aspects[0] === 'time') {
        timesOnly++
        return false
      }
      const key = place(layer)
      const tally = layers.get(key) ?? { added: 0, changed: 0, removed: 0, bytes: 0 }
      layers.set(key, tally)
      tally[status]++
      tally.bytes += bytes
      return true
    },
  }
}

function summary(done: ImageDiffDone, images: ComparedImages, tally: ReturnType<typeof tallyOf>): string {
  const { added, removed } = done
  const rows = (['A', 'B'] as const).flatMap(letter => {
    const { layers } = letter === 'A' ? images.from : images.to
    return layers.flatMap(({ number, createdBy }) => {
      const counted = tally.layers.get(`${letter}${number}`)
      if (!counted) return []
      const counts = [counted.added, counted.changed, counted.removed].map(String)
      return [[`${letter}${number}`, ...counts, signed(counted.bytes), oneLine(createdBy)]]
    })
  })
  const changed = done.changed.names - tally.timesOnly()
  const hidden = tally.timesOnly() > 0 ? `; of ${tally.timesOnly()} more only the time differs` : ''
  const totals = [
    `${added.names} added (${signed(added.bytes)})`,
    `${changed} changed (${signed(done.changed.bytes)})`,
    `${removed.names} removed (${signed(removed.bytes)})`,
  ]
  if (rows.length === 0) return `no differences${hidden}\n`
  const columns = [
    { title: 'LAYER' },
    { title: 'ADDED', align: 'right' },
    { title: 'CHANGED', align: 'right' },
    { title: 'REMOVED', align: 'right' },
    { title: 'SIZE', align: 'right' },
    { title: 'INSTRUCTION' },
  ] as const
  return `\n${table(columns, rows)}\n${totals.join(', ')}${hidden}\n`
}
