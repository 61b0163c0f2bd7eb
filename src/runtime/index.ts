export { checkCapabilities } from './capabilities.ts'
export { machineCgroups, machineLimits } from './cgroup-folders.ts'
export { createRuntime } from './create-runtime.ts'
export { createExecProcess } from './exec-process.ts'
export type { Exit, Process, ProcessIo, Runtime, Task } from './runtime.ts'
export { createSpec, defaultMaskedPaths, defaultReadonlyPaths } from './spec.ts'
export type {
  BindMountOption,
  MountOption,
  NamespaceOption,
  SeccompProfile,
  SecurityOptions,
  SpecOptions,
  Ulimit,
} from './spec-options.ts'
