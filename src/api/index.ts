export type { AttachSession } from './attach-session.ts'
export type {
  AttachOptions,
  ContainerLogs,
  ContainersBackend,
  CreateContainerOptions,
  ListContainersOptions,
  LogRecord,
  LogsOptions,
  StopContainerOptions,
  WaitCondition,
} from './containers/backend.ts'
export type { ExecBackend, StartExecOptions } from './exec/backend.ts'
export type {
  ImagesBackend,
  ListImagesOptions,
  ProgressMessage,
  PullImageOptions,
  RegistryCredentials,
} from './images/backend.ts'
export { type Address, parseAddress } from './listen.ts'
export { type ApiServer, type ApiServerOptions, type Backends, createApiServer } from './server.ts'
export type { EventsOptions, SystemBackend } from './system/backend.ts'
