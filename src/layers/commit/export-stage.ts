import { writeTar } from '../../archive/index.ts'
import type { Bytes, Stage } from '../../std/index.ts'
import { placeholderCheck } from './placeholders.ts'
import { type TreeView, treeEntries } from './tree-entries.ts'

export interface ExportStageArgs {
  /** A mounted rootfs. */
  readonly folder: string
}

const everything: TreeView = {
  names: folder => folder.names(),
  isRemoved: () => false,
  isOpaque: async () => false,
}

const nothing = { get: async () => undefined, names: async () => [] }

/** Emits a tar of all that a rootfs shows. */
export const stage: Stage<ExportStageArgs, void> = async (_input: Bytes, { folder }: ExportStageArgs, emit) => {
  const entries = treeEntries(folder, { view: everything, placeholders: placeholderCheck([], nothing) })
  for await (const chunk of writeTar(entries)) await emit(chunk)
}
