export type { BlobInfo, ContentStore, IngestInfo, Writer } from './content.ts'
