/**
 * The JSON shapes of Docker's Engine API 1.51, as pure types: what routers, engine and clients exchange. Field names and
 * their order are Docker's; `null` stands where Docker writes `null` (a list or map that was not given), and a field is
 * optional where Docker leaves it out when it is empty.
 */
export type {
  ContainerConfig,
  ContainerCreateRequest,
  ContainerCreateResponse,
  ContainerInspect,
  ContainerState,
  ContainerStatus,
  ContainerSummary,
  ContainerTop,
  FilesystemChange,
  Health,
  HealthConfig,
  HealthcheckResult,
  MountPoint,
  NetworkingConfig,
  Port,
  WaitResponse,
} from './container.ts'
export type { EventActor, EventMessage, EventType } from './event.ts'
export type { ExecCreateRequest, ExecInspect, ExecStartRequest } from './exec.ts'
export type { Filters } from './filters.ts'
export type {
  DeviceMapping,
  DeviceRequest,
  HostConfig,
  Mount,
  Resources,
  RestartPolicy,
  ThrottleDevice,
  Ulimit,
} from './host-config.ts'
export type { HistoryItem, ImageDeleteItem, ImageInspect, ImageSummary } from './image.ts'
export type { EndpointIPAMConfig, EndpointSettings, NetworkSettings, PortBinding, PortMap } from './network.ts'
export type { CheckMessage, Commit, Info, Version } from './system.ts'
