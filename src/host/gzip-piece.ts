/** How hard to compress: 0 is the fastest, 3 the smallest. */
export type GzipLevel = 0 | 1 | 2 | 3

/** What was made of a piece that is compressed by itself. */
export interface DeflatedPiece {
  /** DEFLATE blocks (RFC 1951) that end at a byte, refer to nothing before them and are not the last. In a buffer of their own. */
  readonly blocks: Uint8Array<ArrayBuffer>
  /** The CRC-32 of the piece. */
  readonly crc: number
}
