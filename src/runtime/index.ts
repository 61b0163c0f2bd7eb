export type { CreateTaskOptions, ExecOptions, Exit, LogOptions, Process, ProcessIo, Runtime, Task } from './runtime.ts'
