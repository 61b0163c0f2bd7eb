/** How new archives are compressed. */
export interface CompressionSettings {
  readonly compression: 'gzip' | 'zstd'
  /** gzip: 0 (fastest) to 3 (smallest); zstd: 1 to 19. */
  readonly level: number
}

/** What stands before a piece that the stage has compressed to gzip. */
export const CRC_BYTES = 4
