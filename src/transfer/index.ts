export type { ProgressEvent, Puller, PullOptions, PullResult } from './transfer.ts'
