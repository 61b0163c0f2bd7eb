import type {
  AuthResult,
  ContainerCreateRequest,
  ContainerCreateResponse,
  ContainerInspect,
  ContainerSummary,
  ContainersPruned,
  ContainerTop,
  DiskUsage,
  DiskUsageType,
  DistributionInspect,
  ExecCreateRequest,
  ExecInspect,
  ExplainedPrune,
  FilesystemChange,
  Filters,
  HistoryItem,
  ImageDeleteItem,
  ImageDiffMessage,
  ImageInspect,
  ImageLayers,
  ImageSummary,
  ImagesPruned,
  NetworkInspect,
  RemovedImageSummary,
  RestoredImage,
  SearchResult,
  Volume,
  VolumeCreateRequest,
  VolumeList,
  VolumesPruned,
  WaitResponse,
} from '../apitypes/index.ts'
import type { RequestOptions } from '../remotes/index.ts'
import { isStrataError, StrataError } from '../std/index.ts'
import { type AttachRequest, attachContainer } from './attach.ts'
import { never, type WaitCondition } from './container.ts'
import { createContext, findSettled, publishContainer, requireRunning } from './context.ts'
import { cleanContainerName, createContainer } from './create.ts'
import { diskUsage } from './disk-usage.ts'
import { attachExec, type ConsoleSize, createExec, inspectExec, resizeExec, startExec } from './exec.ts'
import { exportContainer } from './export.ts'
import { type CommitRequest, commitContainer } from './images/commit.ts'
import { diffImages } from './images/diff.ts'
import { explainedPrune } from './images/explained-prune.ts'
import { imageHistory } from './images/history.ts'
import { type ImportRequest, importImage } from './images/import.ts'
import { inspectImage } from './images/inspect.ts'
import { imageLayers } from './images/layers.ts'
import { listImages } from './images/list.ts'
import { type LoadRequest, loadArchive } from './images/load.ts'
import { pruneImages } from './images/prune.ts'
import { type PullRequest, pullImage } from './images/pull.ts'
import { type PushRequest, pushImage } from './images/push.ts'
import { removePlatforms } from './images/remove-platforms.ts'
import { listRemoved, restoreImage } from './images/restore.ts'
import { type SaveRequest, saveArchive } from './images/save.ts'
import { tagImage } from './images/tag.ts'
import { initFiles } from './init-files.ts'
import { inspectContainer } from './inspect.ts'
import { type ListRequest, listContainers } from './list.ts'
import { containerLogs, type LogsRequest } from './logs.ts'
import { creationOf, inspectNetwork, listNetworks } from './networks.ts'
import type { EngineParts, ReloadableConfig } from './parts.ts'
import { pauseContainer, unpauseContainer } from './pause.ts'
import { inspectPlugin, listPlugins } from './plugins.ts'
import { pruneBuildCache } from './prune-build-cache.ts'
import { pruneContainers } from './prune-containers.ts'
import { pruneNetworks } from './prune-networks.ts'
import { pruneVolumes } from './prune-volumes.ts'
import { recover } from './recover.ts'
import { inspectDistribution } from './registry/distribution.ts'
import { type LoginRequest, login } from './registry/login.ts'
import { search } from './registry/search.ts'
import { reload } from './reload.ts'
import { type RemoveOptions, removeContainer } from './remove.ts'
import { restartContainer } from './restart.ts'
import { shutDown } from './shut-down.ts'
import { startContainer } from './start.ts'
import { killContainer, type StopOptions, stopContainer } from './stop.ts'
import { systemCheck, systemInfo, systemVersion } from './system.ts'
import { containerTop } from './top.ts'
import { createVolume, inspectVolume, listVolumes, removeVolume } from './volumes.ts'

/** Opens the engine on its parts: takes up what an earlier one left, then serves. */
export async function openEngine(parts: EngineParts) {
  const context = createContext(parts)
  await recover(context)
  creationOf(context)
  return {
    containers: containersOf(context),
    exec: {
      create: (containerId: string, request: ExecCreateRequest): Promise<{ Id: string }> =>
        createExec(context, containerId, request),
      start: (id: string, options: { readonly consoleSize?: ConsoleSize }) =>
        startExec(context, id, options.consoleSize),
      attach: async (id: string, options: { readonly consoleSize?: ConsoleSize; readonly signal: AbortSignal }) =>
        attachExec(context, id, options.consoleSize),
      inspect: async (id: string): Promise<ExecInspect> => inspectExec(context, id),
      resize: (id: string, size: ConsoleSize) => resizeExec(context, id, size),
    },
    images: {
      pull: (request: PullRequest) => pullImage(context, request),
      push: (request: PushRequest) => pushImage(context, request),
      list: (request: Parameters<typeof listImages>[1]): Promise<ImageSummary[]> => listImages(context, request),
      inspect: (name: string, options: Parameters<typeof inspectImage>[2]): Promise<ImageInspect> =>
        inspectImage(context, name, options),
      import: (request: ImportRequest) => importImage(context, request),
      commit: (request: CommitRequest): Promise<{ readonly Id: string }> => commitContainer(context, request),
      history: (name: string, options: Parameters<typeof imageHistory>[2]): Promise<HistoryItem[]> =>
        imageHistory(context, name, options),
      layers: (name: string, options: Parameters<typeof imageLayers>[2]): Promise<ImageLayers> =>
        imageLayers(context, name, options),
      diff: (request: Parameters<typeof diffImages>[1]): Promise<AsyncIterable<ImageDiffMessage>> =>
        diffImages(context, request),
      tag: async (name: string, target: { readonly repo: string; readonly tag: string }) =>
        tagImage(context, name, target),
      remove: (name: string, options: Parameters<typeof removePlatforms>[2]): Promise<ImageDeleteItem[]> =>
        removePlatforms(context, name, options),
      load: (request: LoadRequest) => loadArchive(context, request),
      prune: (filters: Filters): Promise<ImagesPruned> => pruneImages(context, filters),
      explainedPrune: (filters: Filters, options: { readonly dryRun: boolean }): Promise<ExplainedPrune> =>
        explainedPrune(context, filters, options),
      removed: async (): Promise<RemovedImageSummary[]> => listRemoved(context),
      restore: (name: string): Promise<RestoredImage> => restoreImage(context, name),
      save: (request: SaveRequest) => saveArchive(context, request),
    },
    networks: {
      list: (request: Parameters<typeof listNetworks>[1]): Promise<NetworkInspect[]> => listNetworks(context, request),
      inspect: (id: string, options: Parameters<typeof inspectNetwork>[2]): Promise<NetworkInspect> =>
        inspectNetwork(context, id, options),
      prune: async (filters: Filters) => pruneNetworks(context, filters),
    },
    plugins: {
      list: async (filters: Filters) => listPlugins(filters),
      inspect: async (name: string) => inspectPlugin(name),
    },
    registry: {
      login: (request: LoginRequest): Promise<AuthResult> => login(context, request),
      distribution: (name: string, request: RequestOptions): Promise<DistributionInspect> =>
        inspectDistribution(context, name, request),
      search: (
        term: string,
        request: RequestOptions & { readonly limit: number; readonly filters: Filters },
      ): Promise<SearchResult[]> => search(context, { ...request, term }),
    },
    volumes: {
      list: async (filters: Filters): Promise<VolumeList> => listVolumes(context, filters),
      inspect: async (name: string): Promise<Volume> => inspectVolume(context, name),
      create: (request: VolumeCreateRequest): Promise<Volume> => createVolume(context, request),
      remove: (name: string, options: { readonly force: boolean }) => removeVolume(context, name, options),
      prune: (filters: Filters): Promise<VolumesPruned> => pruneVolumes(context, filters),
    },
    system: {
      version: () => systemVersion(context),
      info: () => systemInfo(context),
      events: (query: Parameters<typeof context.events.stream>[0]) => context.events.stream(query),
      diskUsage: (types: ReadonlySet<DiskUsageType>): Promise<DiskUsage> => diskUsage(context, types),
      pruneBuildCache: async (filters: Filters) => pruneBuildCache(context, filters),
      check: ({ signal }: { readonly signal: AbortSignal }) => systemCheck(context, signal),
    },
    /** Takes over what may change while it runs; see {@link reload}. */
    reload: (config: ReloadableConfig) => reload(context, config),
    /** Ends the engine's own work; containers are stopped first unless `live-restore` is on. */
    close: () => shutDown(context),
  }
}

/** The engine as `api` and other callers use it. */
export type Engine = Awaited<ReturnType<typeof openEngine>>

function containersOf(context: ReturnType<typeof createContext>) {
  return {
    create: (
      request: ContainerCreateRequest,
      options: { readonly name: string; readonly platform?: string },
    ): Promise<ContainerCreateResponse> => createContainer(context, request, options),
    start: (id: string) => startContainer(context, id),
    stop: (id: string, options: StopOptions) => stopContainer(context, id, options),
    restart: (id: string, options: StopOptions) => restartContainer(context, id, options),
    kill: (id: string, signal: string) => killContainer(context, id, signal),
    pause: (id: string) => pauseContainer(context, id),
    unpause: (id: string) => unpauseContainer(context, id),
    remove: (id: string, options: RemoveOptions) => removeContainer(context, id, options),
    prune: (filters: Filters): Promise<ContainersPruned> => pruneContainers(context, filters),
    inspect: (id: string, options: { readonly size: boolean }): Promise<ContainerInspect> =>
      inspectContainer(context, id, options),
    list: (request: ListRequest): Promise<ContainerSummary[]> => listContainers(context, request),
    top: (id: string, psArgs: string): Promise<ContainerTop> => containerTop(context, id, psArgs),
    logs: (id: string, request: LogsRequest) => containerLogs(context, id, request),
    attach: (id: string, request: AttachRequest) => attachContainer(context, id, request),

    async rename(id: string, name: string): Promise<void> {
      if (name === '') throw new StrataError('invalid_argument', 'Neither old nor new names may be empty')
      const container = context.containers.find(id)
      const oldName = container.record.name
      if (name === '') throw new StrataError('invalid_argument', 'Neither old nor new names may be empty')
      if (name.replace(/^\//, '') === oldName) {
        throw new StrataError('invalid_argument', 'Renaming a container with the same name as its current name')
      }
      try {
        const newName = cleanContainerName(name.startsWith('/') ? name : `/${name}`)
        context.containers.rename(container, newName)
      } catch (error) {
        if (!isStrataError(error)) throw error
        throw new StrataError(error.code, `Error when allocating new name: ${error.message}`, { cause: error })
      }
      publishContainer(context, container, 'rename', { oldName: `/${oldName}` })
    },

    export: (id: string, options: { readonly signal: AbortSignal }) => exportContainer(context, id, options),

    async changes(id: string): Promise<FilesystemChange[]> {
      const container = context.containers.find(id)
      const kinds = { modified: 0, added: 1, deleted: 2 } as const
      const made = { placeholders: initFiles, complete: container.record.state.startedAt !== never }
      const changes = await Array.fromAsync(context.layers.changes(container.id, made))
      return changes.map(({ kind, path }) => ({ Kind: kinds[kind], Path: path }))
    },

    async wait(id: string, condition: WaitCondition, signal: AbortSignal): Promise<{ exit: Promise<WaitResponse> }> {
      const container = context.containers.find(id)
      const ended =
        container.starting && condition === 'not-running'
          ? container.starting.then(() => container.wait(condition, signal))
          : container.wait(condition, signal)
      return { exit: ended.then(({ exitCode }): WaitResponse => ({ StatusCode: exitCode })) }
    },

    async resize(id: string, size: ConsoleSize): Promise<void> {
      const container = await findSettled(context, id)
      requireRunning(container)
      await container.run?.task.resize({ columns: size.width, rows: size.height })
      publishContainer(context, container, 'resize', { height: String(size.height), width: String(size.width) })
    },
  }
}
