import type { ErrorCode } from './errors.ts'

/** How many chunks may be under way, in each direction, between a stage and its feeder. */
export const WINDOW = 4
/** What the feeder of a stage says to its worker. */
export type ToWorker =
  | { readonly kind: 'start'; readonly module: string; readonly args: unknown }
  | { readonly kind: 'chunk'; readonly chunk: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'credit' }

/** What a stage's worker says to its feeder. */
export type FromWorker =
  /** With a block, in the place of one that it was given. */
  | { readonly kind: 'credit'; readonly block?: ArrayBuffer }
  | { readonly kind: 'chunk'; readonly chunk: Uint8Array }
  | { readonly kind: 'done'; readonly result: unknown }
  | {
      readonly kind: 'failed'
      readonly error: {
        readonly message: string
        readonly strata: ErrorCode | undefined
        readonly details: Readonly<Record<string, unknown>> | undefined
        readonly errno: string | undefined
        readonly stack: string | undefined
      }
    }

/** The bytes of `chunk` in a buffer of their own that can be transferred. */
export function transferable(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  if (chunk.byteLength === chunk.buffer.byteLength && chunk.buffer instanceof ArrayBuffer && !isPooled(chunk.buffer)) {
    return chunk as Uint8Array<ArrayBuffer>
  }
  return new Uint8Array(chunk)
}

const POOL_BYTES = Buffer.poolSize
function isPooled(buffer: ArrayBuffer): boolean {
  return buffer.byteLength === POOL_BYTES
}
