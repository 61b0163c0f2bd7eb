import { writeTar } from '../../archive/index.ts'
import type { Bytes, Stage } from '../../std/index.ts'
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

/** Emits a tar of all that a rootfs shows. */
export const stage: Stage<ExportStageArgs, void> = async (_input: Bytes, { folder }: ExportStageArgs, emit) => {
  const entries = treeEntries(folder, { view: everything })
  for await (const chunk of writeTar(entries)) await emit(chunk)
}
