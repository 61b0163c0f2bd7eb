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
