import { layerDriverSuite } from '../testsuite.ts'
import { openVfsDriver } from './driver.ts'

layerDriverSuite('vfs', openVfsDriver)
