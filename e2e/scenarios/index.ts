import type { Scenario } from '../fixtures/scenario.ts'
import { certificates } from './certificates.ts'
import { changes } from './changes.ts'
import { commit } from './commit.ts'
import { containers } from './containers.ts'
import { diff } from './diff.ts'
import { diskUsage } from './disk-usage.ts'
import { imageLife } from './image-life.ts'
import { images } from './images.ts'
import { importing } from './import.ts'
import { load } from './load.ts'
import { loadV1 } from './load-v1.ts'
import { mirrors } from './mirrors.ts'
import { network } from './network.ts'
import { objects } from './objects.ts'
import { oddConfigs } from './odd-configs.ts'
import { platforms } from './platforms.ts'
import { proxies, proxyEnvironment } from './proxies.ts'
import { pullErrors } from './pull-errors.ts'
import { push } from './push.ts'
import { pushFaults } from './push-faults.ts'
import { registries } from './registries.ts'
import { registryFaults } from './registry-faults.ts'
import { rootfs } from './rootfs.ts'
import { run } from './run.ts'
import { save } from './save.ts'
import { sharing } from './sharing.ts'
import { shortIds } from './short-ids.ts'

export const scenarios: readonly Scenario[] = [
  images,
  platforms,
  imageLife,
  diskUsage,
  pullErrors,
  push,
  run,
  containers,
  diff,
  network,
  objects,
  rootfs,
  save,
  commit,
  load,
  loadV1,
  oddConfigs,
  changes,
  registries,
  importing,
  sharing,
  shortIds,
  registryFaults,
  pushFaults,
  mirrors,
  certificates,
  proxies,
  proxyEnvironment,
]
