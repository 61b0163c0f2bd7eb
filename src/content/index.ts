export type { BlobInfo, ContentStore, IngestInfo, Writer, WriterOptions } from './content.ts'
export { putBlob, readBlob } from './small-blobs.ts'
export { openContentStore } from './store.ts'
