export { canceled, delay, orAborted, throwIfAborted } from './abort.ts'
export { BLOCK_BYTES, release } from './blocks.ts'
export { bytesOfText, textOfBytes } from './byte-text.ts'
export { type Blob, type Bytes, bytesOf, collect, fromReadable, madeAhead, tap } from './bytes.ts'
export { diskError, isDiskFull } from './disk-full.ts'
export { type ErrorCode, errnoOf, isStrataError, messageOf, StrataError, type StrataErrorOptions } from './errors.ts'
export { Filler } from './filler.ts'
export { humanSize } from './human-size.ts'
export { jsonLines } from './json-lines.ts'
export { KeyedLock } from './keyed-lock.ts'
export { createLogger, type Logger, silentLogger } from './log.ts'
export { parseBool } from './parse-bool.ts'
export { type ParsedTime, parseTime, RFC3339 } from './parse-time.ts'
export { readFileRange } from './read-file-range.ts'
export { resolveInRoot } from './resolve-in-root.ts'
export { type RetryOptions, retry } from './retry.ts'
export { reworded } from './reworded.ts'
export { Slots } from './slots.ts'
export {
  beside,
  type Emit,
  runStage,
  runStageHere,
  type Stage,
  type StageOptions,
  type StageRun,
  whenStagesRest,
} from './stage.ts'
export { syncPath } from './sync-path.ts'
export { WriteBehind } from './write-behind.ts'
