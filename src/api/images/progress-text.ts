import { humanSize } from '../../std/index.ts'
import type { ProgressMessage } from './backend.ts'

/** A line of Docker's progress stream, with the bar that older clients print as it is. */
export function progressLine(message: ProgressMessage): object {
  const { status, stream, aux, id, progressDetail } = message
  const progress = progressDetail && progressText(progressDetail.current ?? 0, progressDetail.total ?? 0)
  return {
    ...(stream !== undefined && { stream }),
    ...(status !== undefined && { status }),
    ...(progressDetail && { progressDetail }),
    ...(progress && { progress }),
    ...(id !== undefined && { id }),
    ...(aux && { aux }),
  }
}

/** `[=====>      ]  1.5MB/3MB`, or just the bytes when the total is not known. */
function progressText(current: number, total: number): string {
  if (current <= 0 && total <= 0) return ''
  if (total <= 0) return humanSize(current).padStart(8)
  const done = Math.min(50, Math.trunc(Math.trunc((current / total) * 100) / 2))
  const numbers = humanSize(current).padStart(8) + (current > total ? '' : `/${humanSize(total)}`)
  return `[${'='.repeat(done)}>${' '.repeat(50 - done)}] ${numbers}`
}
