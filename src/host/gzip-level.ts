/** How hard to compress: 0 is the fastest, 3 the smallest. */
export type GzipLevel = 0 | 1 | 2 | 3
