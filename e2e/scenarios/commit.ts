import { busyboxImage } from '../fixtures/images.ts'
import type { Scenario } from '../fixtures/scenario.ts'

const members = [
  'Id',
  'RepoTags',
  'RepoDigests',
  'Parent',
  'Comment',
  'Author',
  'Created',
  'Architecture',
  'Variant',
  'Os',
  'Config',
  'RootFS.Type',
]

const history = ['history', '--no-trunc', '--format', '{{.CreatedBy}}|{{.Size}}|{{.Comment}}']

const listed = ['images', '-a', '--format', '{{.Repository}}:{{.Tag}}']

const changes = [
  ...['rm /srv/not-executable; rm -r /var; mkdir -p /var/lib/deep; echo new >/srv/new'],
  ...['ln /srv/new /srv/linked; ln -s new /srv/symbolic; chmod 700 /srv/index.html; mknod /srv/null c 1 3'],
].join('; ')

/** Images made of containers. */
export const commit: Scenario = {
  name: 'commit',
  images: async into => ({
    'busybox:latest': await busyboxImage(
      { into },
      {
        StopSignal: 'SIGKILL',
        User: 'root',
        WorkingDir: '/',
        Labels: { of: 'image', both: 'image' },
        ExposedPorts: { '80/tcp': {} },
        Volumes: { '/data': {} },
      },
    ),
  }),
  steps: registry => {
    const image = `${registry}/busybox`
    return [
      ['pull', '-q', image],
      ['commit', 'nothing'],
      ['run', '--name', 'one', image, 'sh', '-c', changes],
      ['commit', '-a', 'Ann <ann@example.org>', '-m', 'a message', 'one', 'made:one'],
      ['images', 'made'],
      { args: ['inspect', 'made:one'], members },
      [...history, 'made:one'],
      ['run', '--rm', 'made:one', 'sh', '-c', 'stat -c "%n %F %a %h %t,%T" /srv/* /var/lib /var/lib/deep; ls /srv'],
      ['run', '--rm', 'made:one', 'ls', '-a', '/', '/etc', '/dev'],
      ['commit', 'one'],
      ['images', '--filter', 'dangling=true'],
      ['commit', 'one', 'made:one'],
      ['commit', 'one', 'UPPER'],
      ['commit', 'one', `made@sha256:${'5'.repeat(64)}`],
      ['commit', 'one', 'made:'],
      ['create', '--name', 'untouched', image, 'echo', 'same'],
      ['commit', 'untouched', 'made:same'],
      { args: ['inspect', 'made:same'], members: [...members, 'RootFS.Layers'] },
      [...history, 'made:same'],
      ['run', '--rm', 'made:same'],
      [
        ...['create', '--name', 'full', '--hostname', 'own', '-e', 'A=1', '-l', 'both=container', '-p', '1234'],
        ...['-v', '/more', '-w', '/srv', '-u', 'app', '--stop-signal', 'INT', '--stop-timeout', '7', '-t', '-i'],
        ...['--health-cmd', 'true', '--entrypoint', '/bin/sh', image, '-c', 'echo entry'],
      ],
      ['commit', 'full', 'made:full'],
      { args: ['inspect', 'made:full'], members },
      [...history, 'made:full'],
      ['run', '-d', '--name', 'running', image, 'sleep', '1000'],
      ['exec', 'running', 'touch', '/srv/while-running'],
      ['commit', 'running', 'made:running'],
      ['commit', '-p=false', 'running', 'made:unpaused'],
      ['ps', '--format', '{{.Names}} {{.State}}'],
      ['pause', 'running'],
      ['commit', 'running', 'made:paused'],
      ['ps', '--format', '{{.Names}} {{.State}}'],
      ['unpause', 'running'],
      ['run', '--rm', 'made:running', 'ls', '/srv'],
      ['rm', '-f', 'running'],
      ['run', '--name', 'child', 'made:one', 'sh', '-c', 'rm -r /srv; mkdir /srv; touch /srv/only'],
      ['commit', 'child', 'made:child'],
      ['run', '--rm', 'made:child', 'ls', '/srv'],
      {
        args: [
          ...['events', '--since', '0', '--until', '-1s', '--filter', 'event=commit', '--filter', 'event=pause'],
          ...['--filter', 'event=unpause', '--filter', 'event=tag'],
          ...['--format', '{{.Type}} {{.Action}} {{.Actor.ID}} {{json .Actor.Attributes}}'],
        ],
      },
      {
        args: [
          ...['events', '--since', '0', '--until', '-1s', '--filter', 'type=image', '--filter', 'event=create'],
          ...['--format', '{{.Action}} {{.Actor.ID}} {{json .Actor.Attributes}}'],
        ],
      },
      // Parents and children.
      { args: ['ps', '-a', '--filter', `ancestor=${image}`, '--format', '{{.Names}}'], sorted: true },
      { args: ['ps', '-a', '--filter', 'ancestor=made:one', '--format', '{{.Names}}'], sorted: true },
      { args: ['ps', '-a', '--filter', 'ancestor=nothing', '--format', '{{.Names}}'] },
      ['rm', 'one', 'untouched', 'full', 'child'],
      ['history', '--format', '{{.ID}}|{{.CreatedBy}}|{{.Comment}}', 'made:child'],
      ['history', '-q', '--no-trunc', 'made:child'],
      ['rmi', 'made:one'],
      { args: listed, sorted: true },
      ['rmi', '--no-prune', 'made:child'],
      { args: listed, sorted: true },
      ['rmi', '--no-prune', 'made:same', 'made:running', 'nothing', 'made:full'],
      { args: listed, sorted: true },
      // A name of an image is none of a container; a target is checked before the image is looked for.
      ['inspect', '--type', 'container', image],
      ['tag', 'nothing', 'sha256:abc'],
    ]
  },
}
