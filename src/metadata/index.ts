export type { MetadataStore, Table } from './metadata.ts'
