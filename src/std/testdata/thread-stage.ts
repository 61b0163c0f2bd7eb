import { threadId } from 'node:worker_threads'
import type { Stage } from '../stage.ts'

/** The number of the thread that it runs on. */
export const stage: Stage<object, number> = async () => threadId
