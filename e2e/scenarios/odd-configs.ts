import { join } from 'node:path'
import { busyboxTars, configOf, dockerArchive, writeArchive } from '../fixtures/image-archive.ts'
import type { Scenario, Step } from '../fixtures/scenario.ts'

/** Of what can't be held. */
const foreign = 'macos'

/** What configs may say, or leave out, where most say for which platform they are. */
const configs: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  nowhere: { os: undefined, architecture: undefined },
  empty: { os: '', architecture: '' },
  nosystem: { os: undefined, author: 'nosystem' },
  noprocessor: { architecture: undefined },
  capitals: { os: 'LINUX' },
  newer: { variant: 'v9', 'os.version': '1.2', 'os.features': ['feature'] },
  [foreign]: { os: 'macos' },
  latin1: { author: 'caf\u00e9' },
  string: { config: { Cmd: 'true', Shell: 'sh' }, container_config: { Cmd: 'sh' } },
  little: { created: undefined, config: undefined, history: undefined },
}

/** What a config may have that containers take over or not, though it says nothing by it. */
const hollow = { Env: [], Volumes: {}, Shell: ['/bin/bash', '-c'], StopTimeout: 5, StopSignal: 'SIGINT', Cmd: ['sh'] }

/** Times that are none. */
const timeless = ['', 'yesterday', '2024-01-01 00:00:00', '2024-13-01T00:00:00Z', '2024-01-01T00:00:00']

const members = ['Author', 'Created', 'Architecture', 'Variant', 'Os', 'OsVersion', 'Config', 'RootFS']

const containerMembers = ['Env', 'Volumes', 'Shell', 'StopTimeout', 'StopSignal', 'Cmd'].map(name => `Config.${name}`)

/** Images whose configs don't say what they are for, or say it in another way than Docker does. */
export const oddConfigs: Scenario = {
  name: 'odd-configs',
  async images(into, files) {
    const layers = await busyboxTars(into)
    for (const [name, more] of Object.entries(configs)) {
      const config = configOf(layers, more)
      const bytes = name === 'latin1' ? Buffer.from(config.toString(), 'latin1') : config
      const archive = dockerArchive({ layers, config: bytes, tags: [`odd:${name}`] })
      await writeArchive(join(files, `${name}.tar`), archive)
    }
    const write = (name: string, of: readonly Buffer[], more: Readonly<Record<string, unknown>>) =>
      writeArchive(
        join(files, `${name}.tar`),
        dockerArchive({ layers: of, config: configOf(of, more), tags: [`odd:${name}`] }),
      )
    await write('hollow', layers, { config: hollow })
    await write('unlayered', [], {})
    for (const [at, created] of timeless.entries()) {
      await write(`timeless-${at}`, layers, { created })
      await write(`timeless-history-${at}`, layers, { history: [{ created }] })
    }
    return {}
  },
  steps: (registry, files) => {
    const pushed = `${registry}/odd:nowhere`
    const each = (name: string): Step[] => {
      const image = `odd:${name}`
      return [
        ['load', '-i', join(files, `${name}.tar`)],
        { args: ['image', 'inspect', image], members },
        ['image', 'inspect', '--platform', 'linux/amd64', '--format', '{{.Id}}', image],
        ['history', '-q', '--platform', 'linux/amd64', image],
        ['run', '--rm', '--network', 'none', image, 'true'],
        ['save', '-o', join(files, 'saved.tar'), image],
        { archive: join(files, 'saved.tar') },
        ['save', '-o', join(files, 'saved.tar'), '--platform', 'linux/amd64', image],
      ]
    }
    return [
      ...Object.keys(configs)
        .filter(name => name !== foreign)
        .flatMap(each),
      ['load', '-i', join(files, `${foreign}.tar`)],
      ['load', '-i', join(files, 'hollow.tar')],
      ['create', '--name', 'hollow', 'odd:hollow'],
      { args: ['container', 'inspect', 'hollow'], members: containerMembers },
      ['create', '--name', 'filled', '-e', 'A=1', '-v', '/v', '--stop-timeout', '7', 'odd:hollow'],
      { args: ['container', 'inspect', 'filled'], members: containerMembers },
      ['commit', 'hollow', 'odd:from-hollow'],
      { args: ['image', 'inspect', 'odd:from-hollow'], members },
      ['load', '-i', join(files, 'unlayered.tar')],
      ['image', 'inspect', '--format', '{{json .RootFS}} {{.Size}}', 'odd:unlayered'],
      ['history', 'odd:unlayered'],
      ...timeless.flatMap((_, at) => [
        ['load', '-i', join(files, `timeless-${at}.tar`)],
        ['load', '-i', join(files, `timeless-history-${at}.tar`)],
      ]),
      { args: ['images', '--tree'], sorted: true },
      ['tag', 'odd:nowhere', pushed],
      ['push', pushed],
      ['rmi', pushed, 'odd:nowhere'],
      ['pull', pushed],
      ['pull', '--platform', 'linux/amd64', pushed],
      ['create', '--name', 'made', pushed],
      ['container', 'inspect', '--format', '{{json .Platform}}', 'made'],
      ['commit', 'made', 'odd:committed'],
      { args: ['image', 'inspect', 'odd:committed'], members },
    ]
  },
}
