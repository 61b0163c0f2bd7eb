export type { ExitStatus, PathLike } from './addon.ts'
export { type GzipLevel, gunzip, gzip, gzipImplementation } from './gzip.ts'
export { lockDataRoot } from './lock.ts'
export {
  bindMount,
  detach,
  isMountPoint,
  MountAttribute,
  MountFlag,
  type MountOptions,
  mount,
  mountWithOptions,
  type UnmountOptions,
  unmount,
} from './mount.ts'
export {
  fileSystemOf,
  findMount,
  type MountEntry,
  mountsUnder,
  parseMountTable,
  readMountTable,
} from './mount-table.ts'
export { createNetns, removeNetns } from './netns.ts'
export { type FileTime, makeNode, type NodeOptions, setTimes, syncFileSystem } from './node.ts'
export { type RunOptions, type RunResult, run, runChecked, type Spawned, type SpawnOptions, spawn } from './spawn.ts'
export { getXattr, listXattrs, removeXattr, setXattr } from './xattr.ts'
