import { layerDriverSuite } from '../testsuite.ts'
import { openErofsDriver } from './open.ts'

layerDriverSuite('erofs', openErofsDriver)
