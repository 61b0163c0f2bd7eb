import { busyboxImage, webImage } from '../fixtures/images.ts'
import type { Scenario } from '../fixtures/scenario.ts'

const settings = [
  'NetworkSettings.Ports',
  'NetworkSettings.IPAddress',
  'NetworkSettings.IPPrefixLen',
  'NetworkSettings.Gateway',
  'HostConfig.PortBindings',
  'HostConfig.NetworkMode',
]

/** The default bridge, published ports, and the networks that are none. */
export const network: Scenario = {
  name: 'network',
  images: async into => ({
    'busybox:latest': await busyboxImage({ into }),
    'web:latest': await webImage({ into: `${into}-web` }),
  }),
  steps: registry => {
    const image = `${registry}/busybox`
    const web = `${registry}/web`
    const get = (url: string, ...flags: string[]) => ['run', '--rm', ...flags, image, 'wget', '-qO-', url]
    const ends = (name: string) => [
      'inspect',
      '--format',
      '{{range .NetworkSettings.Networks}}[{{.NetworkID}} {{.EndpointID}}]{{end}}',
      name,
    ]
    const fromHost = (url: string) => get(url, '--network', 'host')
    return [
      ['pull', '-q', image],
      ['pull', '-q', web],
      ['run', '-d', '--name', 'web', '-p', '8080:80', '-p', '127.0.0.1:8081:80', '-p', '9090:90/udp', web],
      ['port', 'web'],
      ['port', 'web', '80'],
      ['port', 'web', '80/tcp'],
      ['port', 'web', '81'],
      ['ps', '--format', '{{.Names}} {{.Ports}}'],
      { args: ['inspect', 'web'], members: settings },
      fromHost('http://127.0.0.1:8080'),
      fromHost('http://127.0.0.1:8081'),
      fromHost('http://172.17.0.1:8080'),
      get('http://172.17.0.2'),
      get('http://172.17.0.1:8080'),
      get('http://172.17.0.1:8081'),
      get('http://127.0.0.1', '--network', 'container:web'),
      ['exec', 'web', 'wget', '-qO-', 'http://172.17.0.1:8080'],
      ['run', '-d', '--name', 'second', '-p', '8080:80', web],
      ['ps', '-a', '--format', '{{.Names}} {{.State}} {{.Ports}}'],
      { args: ['inspect', 'second'], members: [...settings, 'State.Status', 'State.ExitCode', 'State.Error'] },
      ['start', 'second'],
      ['run', '-d', '--name', 'third', '-p', '8081:80', web],
      ['run', '-d', '--name', 'fourth', '-p', '127.0.0.1:8080:80', web],
      ['rm', 'third', 'fourth'],
      ['stop', 'web'],
      ['port', 'web'],
      ['start', 'second'],
      fromHost('http://127.0.0.1:8080'),
      ['rm', '-f', 'second'],
      ['start', 'web'],
      fromHost('http://127.0.0.1:8080'),
      ['restart', '-t', '1', 'web'],
      fromHost('http://127.0.0.1:8080'),
      ['run', '-d', '--name', 'range', '-p', '8080-8085:80', web],
      ['port', 'range'],
      ['run', '-d', '--name', 'all', '-P', web],
      ['port', 'all'],
      ['ps', '--format', '{{.Names}} {{.Ports}}'],
      ['run', '-d', '--name', 'address', '-p', '192.0.2.9:8080:80', web],
      ['rm', '-f', 'web', 'range', 'all', 'address'],
      fromHost('http://127.0.0.1:8080'),
      ['run', '-d', '--name', 'host', '--network', 'host', '-p', '8080:80', image, 'sleep', '99'],
      { args: ['inspect', 'host'], members: settings },
      ['network', 'inspect', '--format', '{{.Id}} {{range .Containers}}{{.EndpointID}}{{end}}', 'host'],
      ends('host'),
      ['stop', '-t', '0', 'host'],
      ends('host'),
      ['create', '--name', 'unstarted', '--network', 'host', image],
      ends('unstarted'),
      ['rm', 'unstarted'],
      ['port', 'host'],
      ['run', '-d', '--name', 'none', '--network', 'none', image, 'sleep', '99'],
      { args: ['inspect', 'none'], members: settings },
      ['exec', 'none', 'ip', '-o', 'addr'],
      ['run', '--rm', '--network', 'container:nothing', image, 'true'],
      ['run', '--rm', '--network', 'container:none', '-p', '80:80', image, 'true'],
      ['run', '--rm', '--network', 'container:none', '--hostname', 'x', image, 'true'],
      ['restart', '-t', '0', 'none'],
      ['rm', '-f', 'host', 'none'],
      {
        args: [
          ...['events', '--since', '0', '--until', '-1s', '--filter', 'type=network', '--filter', 'network=host'],
          ...[
            '--filter',
            'network=none',
            '--format',
            '{{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.type}}',
          ],
        ],
        sorted: true,
      },
    ]
  },
}
