export type { MetadataStore, Table } from './metadata.ts'
export { openMetadata } from './open.ts'
