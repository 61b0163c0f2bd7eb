import { layerDriverSuite } from '../testsuite.ts'
import { openOverlay2Driver } from './open.ts'

layerDriverSuite('overlay2', openOverlay2Driver)
