export type {
  ByteString,
  Compression,
  SparseRun,
  TarEntry,
  TarEntryHead,
  TarEntryType,
  TarHeader,
  Timestamp,
} from './archive.ts'
export { cleanName } from './clean-name.ts'
export { type CompressedArchive, type Compressor, createCompressor } from './compress.ts'
export { decompress } from './decompress.ts'
export { decompressVerified } from './decompress-verified.ts'
export type { TarHeaderInput } from './format-header.ts'
export { HEAD_BYTES, looksLike } from './looks-like.ts'
export { scanHeaders } from './scan-headers.ts'
export { TarScanner } from './scanner.ts'
export { throughEnd } from './through-end.ts'
export { type TarInput, tarSize, writeTar } from './writer.ts'
