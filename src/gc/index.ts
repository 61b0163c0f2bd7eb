export { checkStore } from './check.ts'
export { collectGarbage } from './collect.ts'
export type { Finding } from './gc.ts'
export { contentsOf } from './mark.ts'
