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
  ContainersPruned,
  ContainerTop,
  FilesystemChange,
  HealthConfig,
  MountPoint,
  NetworkingConfig,
  Port,
  WaitResponse,
} from './container.ts'
export type { EventMessage, EventType } from './event.ts'
export type { ExecCreateRequest, ExecInspect, ExecStartRequest } from './exec.ts'
export type { Filters } from './filters.ts'
export type {
  DeviceRequest,
  HostConfig,
  Mount,
  Resources,
  Ulimit,
} from './host-config.ts'
export type {
  ExplainedPrune,
  HistoryItem,
  ImageDeleteItem,
  ImageInspect,
  ImageManifestSummary,
  ImageSummary,
  ImagesPruned,
  RemovedImageSummary,
  RestoredImage,
} from './image.ts'
export type {
  ComparedImage,
  ComparedImages,
  FileCount,
  FileDifference,
  FileFacts,
  ImageDiffDone,
  ImageDiffMessage,
  ImageLayerOrigin,
  ImageLayerPlace,
  ImageLayers,
  ImageLayerUse,
} from './image-view.ts'
export type { EndpointSettings, NetworkInspect, NetworkMember, NetworkSettings, PortMap } from './network.ts'
export type { Platform } from './oci.ts'
export type { AuthResult, DistributionInspect, DistributionPlatform, SearchResult } from './registry.ts'
export type { CheckMessage, DiskUsage, DiskUsageType, EngineVersion, Info, Version } from './system.ts'
export type { Volume, VolumeCreateRequest, VolumeList, VolumesPruned } from './volume.ts'
