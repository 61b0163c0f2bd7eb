export type { ExitStatus, PathLike } from './addon.ts'
export {
  type Cgroups,
  cgroupFolder,
  cgroupFolders,
  cgroupPids,
  readCgroups,
  removeCgroup,
} from './cgroups.ts'
export { gunzip, gzip, gzipImplementation } from './gzip.ts'
export type { GzipLevel } from './gzip-level.ts'
export { fileSystems, kernelAtLeast, type MachineFacts, readMachineFacts } from './kernel.ts'
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
  type MountEntry,
  mountsUnder,
  readMountTable,
} from './mount-table.ts'
export { routeRequest } from './netlink.ts'
export { createNetns, removeNetns } from './netns.ts'
export { type FileTime, makeNode, type NodeOptions, setTimes, syncFileSystem } from './node.ts'
export { type FdReceiver, listenForFd } from './receive-fd.ts'
export { parseSignal, signalName } from './signals.ts'
export {
  type RunOptions,
  type RunResult,
  run,
  runChecked,
  type Spawned,
  type SpawnOptions,
  setSubreaper,
  spawn,
  spawnDetached,
  waitForExit,
} from './spawn.ts'
export { getXattr, listXattrs, removeXattr, setXattr } from './xattr.ts'
