import { join } from 'node:path'
import { describe } from 'node:test'
import { mountOverlayClassic } from '../stacked/mount-overlay.ts'
import { stackCases } from '../testsuite/stack-cases.ts'
import { openOverlay2Driver } from './open.ts'

describe('overlay2 as on kernels before Linux 6.5: what a rootfs shows of several layers', () => {
  stackCases(options => {
    const root = join(options.root, 'overlay2')
    const mountOverlay = mountOverlayClassic.bind(undefined, root)
    return openOverlay2Driver({ ...options, mountOverlay })
  })
})
