import { type Connection, removedImages, restoreImage } from '../client/index.ts'
import { humanSize } from '../std/index.ts'
import type { Output, ViewOptions } from './cli.ts'
import { printable, shortDigest, shortTime, table } from './text.ts'

/** `strata image restore` without a name: shows what can be restored. */
export async function showRemovedImages(connection: Connection, out: Output, { json }: ViewOptions): Promise<number> {
  const removed = await removedImages(connection)
  if (json) await out.write(removed.map(image => `${JSON.stringify(image)}\n`).join(''))
  else if (removed.length === 0) await out.write('nothing can be restored\n')
  else {
    const rows = removed.map(({ Name, Id, Size, Why, Removed, Until }) => [
      printable(Name || '<none>'),
      shortDigest(Id),
      humanSize(Size, 3),
      Why,
      shortTime(Removed),
      shortTime(Until),
    ])
    const columns = [
      { title: 'NAME' },
      { title: 'IMAGE ID' },
      { title: 'SIZE', align: 'right' },
      { title: 'WHY' },
      { title: 'SINCE' },
      { title: 'UNTIL' },
    ] as const
    await out.write(table(columns, rows))
  }
  return 0
}

/** `strata image restore NAME`: brings an image back, by a name that it had or by its ID. */
export async function showRestoredImage(
  connection: Connection,
  out: Output,
  { image, json }: ViewOptions & { readonly image: string },
): Promise<number> {
  const restored = await restoreImage(connection, image)
  if (json) {
    await out.write(`${JSON.stringify(restored)}\n`)
    return 0
  }
  const { Id, Names, Left } = restored
  const lines = [
    `Restored: ${Id}`,
    ...Names.map(name => `Tagged: ${printable(name)}`),
    ...Left.map(name => `Left alone, since it leads to another image: ${printable(name)}`),
  ]
  await out.write(`${lines.join('\n')}\n`)
  return 0
}
