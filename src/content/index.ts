export type { BlobInfo, ContentStore, IngestInfo, Writer } from './content.ts'
export { putBlob, readBlob } from './small-blobs.ts'
export { openContentStore } from './store.ts'
