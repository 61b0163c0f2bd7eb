export { checkStore } from './check.ts'
export { collectGarbage } from './collect.ts'
export type { Finding, Swept } from './gc.ts'
