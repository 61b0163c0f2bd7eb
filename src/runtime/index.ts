export { createRuntime, type RuntimeOptions } from './create-runtime.ts'
export { createExecProcess } from './exec-process.ts'
export type { CreateTaskOptions, ExecOptions, Exit, LogOptions, Process, ProcessIo, Runtime, Task } from './runtime.ts'
export { createSpec, defaultMaskedPaths, defaultReadonlyPaths } from './spec.ts'
export type {
  BindMountOption,
  DeviceOption,
  ExecProcessOptions,
  MountOption,
  NamespaceOption,
  NamespaceOptions,
  ResourceOptions,
  SeccompProfile,
  SecurityOptions,
  SpecOptions,
  TmpfsMountOption,
  Ulimit,
} from './spec-options.ts'
