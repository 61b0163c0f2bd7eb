import { randomUUID } from 'node:crypto'
import type { EventType } from '../apitypes/index.ts'
import type { MetadataStore } from '../metadata/index.ts'
import { KeyedLock, StrataError } from '../std/index.ts'
import { Collector } from './collector.ts'
import type { Container } from './container.ts'
import { ContainerRegistry } from './container-registry.ts'
import { EventBus } from './events.ts'
import type { ExecRegistry } from './exec-registry.ts'
import type { EngineConfig, EngineParts } from './parts.ts'

/** What every verb of the engine works on. */
export interface EngineContext extends EngineParts {
  /** What counts now: another one after a reload. */
  config: EngineConfig
  readonly containers: ContainerRegistry
  readonly execs: ExecRegistry
  readonly events: EventBus
  /** One change of a container at a time, by ID. */
  readonly locks: KeyedLock
  readonly collector: Collector
  /** Stays the same over restarts. */
  readonly instanceId: string
  /** Aborted when the engine closes. */
  readonly closing: AbortController
}

export function createContext(parts: EngineParts): EngineContext {
  return {
    ...parts,
    containers: new ContainerRegistry(parts.metadata),
    execs: new Map(),
    events: new EventBus(),
    locks: new KeyedLock(),
    collector: new Collector(parts),
    instanceId: instanceId(parts.metadata),
    closing: new AbortController(),
  }
}

function instanceId(metadata: MetadataStore): string {
  const table = metadata.table<{ readonly id: string }>('engine')
  const known = table.get('instance')
  if (known) return known.id
  const id = randomUUID()
  table.put('instance', { id })
  return id
}

/** Publishes an event of a container with the attributes that Docker gives it: its labels, image and name. */
export function publishContainer(
  context: EngineContext,
  container: Container,
  action: string,
  attributes: Readonly<Record<string, string>> = {},
): void {
  const { config, imageName, name } = container.record
  publish(context, 'container', action, container.id, { ...config.Labels, image: imageName, name, ...attributes })
}

export function publish(
  context: EngineContext,
  type: EventType,
  action: string,
  id: string,
  attributes: Readonly<Record<string, string>>,
): void {
  context.events.publish(type, action, id, attributes)
}

/**
 * Finds a container as `containers.find` does. When it is being started, waits until it is known what came of that: the
 * program runs, and can be heard of by its output, before its record says so.
 */
export async function findSettled(context: EngineContext, id: string): Promise<Container> {
  for (;;) {
    const container = context.containers.find(id)
    if (!container.starting) return container
    await container.starting
  }
}

/** Throws Docker's text when the container does not run. */
export function requireRunning(container: Container): void {
  if (!container.running) {
    throw new StrataError('conflict', `container ${container.id} is not running`)
  }
}
