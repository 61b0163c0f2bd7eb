export { type Engine, openEngine } from './engine.ts'
export type { EngineConfig } from './parts.ts'
