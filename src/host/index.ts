export type { ExitStatus, PathLike } from './addon.ts'
export {
  type Cgroups,
  cgroupFolder,
  cgroupFolders,
  cgroupPids,
  readCgroups,
  removeCgroup,
  removeEmptyCgroup,
} from './cgroups.ts'
export { cpuLevel } from './cpu-level.ts'
export { filter } from './filter.ts'
export { deflatePiece, gunzip } from './gzip.ts'
export type { DeflatedPiece, GzipLevel } from './gzip-piece.ts'
export { kernelAtLeast, type MachineFacts, readMachineFacts } from './kernel.ts'
export { killIfThere } from './kill-if-there.ts'
export { lockDataRoot } from './lock.ts'
export { type Limit, type MachineLimits, readMachineLimits } from './machine-limits.ts'
export { openMemoryFile } from './memory-file.ts'
export {
  detach,
  isMountPoint,
  MountFlag,
  type MountOptions,
  mount,
  mountWithOptions,
  type UnmountOptions,
  unmount,
} from './mount.ts'
export {
  fileSystemOf,
  type MountEntry,
  mountsUnder,
} from './mount-table.ts'
export { routeRequest } from './netlink.ts'
export { createNetns, removeNetns } from './netns.ts'
export { type FileTime, makeNode, type NodeOptions, setTimes, syncFileSystem } from './node.ts'
export { rechunk } from './rechunk.ts'
export { sealProgram } from './sealed-program.ts'
export { backgroundSha256 } from './sha256.ts'
export { checkSignal, parseSignal } from './signals.ts'
export {
  type RunOptions,
  type RunResult,
  run,
  type Spawned,
  type SpawnOptions,
} from './spawn.ts'
export { isTrailing, trailing } from './trailing.ts'
export { trimMemory } from './trim-memory.ts'
export { nobodyListens } from './unix-socket.ts'
export { getXattr, listXattrs, setXattr } from './xattr.ts'
