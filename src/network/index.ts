export type { AttachOptions, Endpoint, NetworkDriver, PortBinding, PublishedPort, Sandboxes } from './network.ts'
