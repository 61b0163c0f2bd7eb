export type { BlobInfo, ContentStore, IngestInfo, Writer } from './content.ts'
export { passingRef } from './ingests.ts'
export { putBlob, readBlob } from './small-blobs.ts'
export { openContentStore } from './store.ts'
