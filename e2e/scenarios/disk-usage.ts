import { layeredImage } from '../fixtures/layered.ts'
import type { Scenario } from '../fixtures/scenario.ts'

const format = '{{.Type}} {{.TotalCount}} {{.Active}} {{.Size}} {{.Reclaimable}}'

/** What `system df` counts, and `system prune`. */
export const diskUsage: Scenario = {
  name: 'disk-usage',
  images: async into => ({
    'a:latest': await layeredImage(into, ['a'], { created: '2024-01-01T00:00:00Z' }),
    'ab:latest': await layeredImage(into, ['a', 'b'], { created: '2024-02-01T00:00:00Z' }),
    'c:latest': await layeredImage(into, ['c'], { created: '2024-03-01T00:00:00Z', config: { Labels: { k: 'v' } } }),
  }),
  steps: registry => [
    ['system', 'df', '-v'],
    ['pull', '-q', `${registry}/a`],
    ['pull', '-q', `${registry}/ab`],
    ['pull', '-q', `${registry}/c`],
    ['system', 'df'],
    ['system', 'df', '--format', format],
    [
      'run',
      '--name',
      'wrote',
      '-v',
      'data:/data',
      `${registry}/a`,
      'sh',
      '-c',
      'echo 12345 > /data/file; echo 123 > /x',
    ],
    ['run', '-d', '--name', 'running', '-v', 'data:/data', `${registry}/c`, 'sleep', '1000'],
    ['ps', '-as', '--format', '{{.Names}} {{.Image}} {{.Size}}'],
    ['system', 'df'],
    ['system', 'df', '-v'],
    ['system', 'df', '--format', format],
    ['system', 'df', '--format', 'json'],
    [
      'system',
      'df',
      '-v',
      '--format',
      '{{range .Images}}{{.Repository}} {{.Containers}} {{.SharedSize}} {{.UniqueSize}};{{end}}',
    ],
    ['volume', 'create', 'empty'],
    ['system', 'prune', '-f', '--filter', 'label=none'],
    ['system', 'prune', '-f', '--filter', 'until=x'],
    ['system', 'prune', '-f', '--filter', 'nonsense=1'],
    ['system', 'prune', '-f', '--volumes', '--filter', 'until=1h'],
    ['tag', `${registry}/ab`, `${registry}/c`],
    ['system', 'prune', '-f'],
    ['system', 'df', '--format', format],
    ['rm', '-f', 'running'],
    { args: ['system', 'prune', '-af', '--volumes'], sorted: true },
    { args: ['system', 'df', '-v'], sorted: true },
    ['volume', 'ls'],
    ['network', 'prune', '-f'],
    ['network', 'prune', '-f', '--filter', 'until=x'],
    ['network', 'prune', '-f', '--filter', 'nonsense=x'],
    ['builder', 'prune', '-f'],
    ['builder', 'prune', '-af', '--filter', 'nonsense=x'],
    ['events', '--since', '0', '--until', '-1s', '--filter', 'event=prune', '--format', '{{.Type}} {{.Action}}'],
  ],
}
