export { type BridgeDriverOptions, createBridgeDriver } from './bridge-driver.ts'
export { type HostsFileOptions, hostsFile } from './hosts-file.ts'
export type {
  AttachOptions,
  Endpoint,
  NetworkDriver,
  NetworkInfo,
  PortBinding,
  PublishedPort,
  Sandboxes,
} from './network.ts'
export { type ResolvConfOptions, readHostResolvConf, resolvConf } from './resolv-conf.ts'
export { createSandboxes } from './sandboxes.ts'
