import type { ImageRecord } from '../../images/index.ts'

/**
 * When an image was made, in milliseconds since the epoch, to the microsecond; undefined when it does not say. RFC 3339
 * times of different zones and precisions compare by this.
 */
export function createdAt({ created }: Pick<ImageRecord, 'created'>): number | undefined {
  const milliseconds = Date.parse(created)
  if (Number.isNaN(milliseconds)) return undefined
  const beyond = /\.\d{3}(\d{1,3})/.exec(created)?.[1] ?? ''
  return milliseconds + Number(beyond.padEnd(3, '0')) / 1000
}

/** The same in whole seconds, 0 when it does not say: as the API has it. */
export function createdSeconds(record: Pick<ImageRecord, 'created'>): number {
  return Math.floor((createdAt(record) ?? 0) / 1000)
}
