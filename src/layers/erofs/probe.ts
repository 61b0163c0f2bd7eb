import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ByteString } from '../../archive/index.ts'
import { mountOverlay } from '../stacked/mount-overlay.ts'
import { withTrialFolder } from '../stacked/trial-folder.ts'
import { finishTree } from '../tree/finish.ts'
import { impliedDirectory, Node, S_IFREG } from '../tree/node.ts'
import { mountErofs } from './mounts.ts'
import { writeIndex } from './write.ts'

/** Mounts a layer of one file below `root`, an overlay on top, and reads the file; throws what doesn't work. */
export function probeErofs(root: string): Promise<void> {
  return withTrialFolder(root, async (folder, { mounted }) => {
    const file = new Node(S_IFREG | 0o644)
    file.size = 5
    const top = impliedDirectory()
    top.children!.set('file' as ByteString, file)
    const tar = join(folder, 'layer.tar')
    const index = join(folder, 'layer.erofs')
    writeFileSync(tar, Buffer.alloc(512, 'trial'))
    const fd = openSync(index, 'wx')
    try {
      writeIndex(finishTree(top, 1), fd, { tarSize: 512, uuid: Buffer.alloc(16, 1) })
    } finally {
      closeSync(fd)
    }
    for (const name of ['fs', 'upper', 'work', 'merged']) await mkdir(join(folder, name))
    mountErofs(index, join(folder, 'fs'), [tar])
    mounted(join(folder, 'fs'))
    mountOverlay(join(folder, 'merged'), {
      lowers: [join(folder, 'fs')],
      upper: join(folder, 'upper'),
      work: join(folder, 'work'),
    })
    mounted(join(folder, 'merged'))
    const text = readFileSync(join(folder, 'merged', 'file'), 'utf8')
    if (text !== 'trial') throw new Error(`a trial file reads as ${JSON.stringify(text)}`)
  })
}
