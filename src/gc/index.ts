export { type CheckOptions, checkStore } from './check.ts'
export { collectGarbage } from './collect.ts'
export type { Contents, Finding, GarbageOptions, Swept } from './gc.ts'
export { contentsOf } from './mark.ts'
