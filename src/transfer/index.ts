export { createPuller, type PullerOptions, type PullLimits } from './puller.ts'
export type { ProgressEvent, Puller, PullOptions, PullResult } from './transfer.ts'
