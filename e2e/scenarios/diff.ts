import { busyboxImage } from '../fixtures/images.ts'
import type { Scenario, Step } from '../fixtures/scenario.ts'

/** What `docker diff` shows of what a container did to its files, to those that the engine made for it too. */
const scripts: readonly string[] = [
  'true',
  'touch /etc',
  'chmod 711 /etc',
  'chown 1 /etc',
  'chmod 711 /dev /proc /sys',
  'chmod 700 /',
  'touch /etc/new',
  'rm /etc/passwd',
  'echo x >>/etc/group',
  'chmod 600 /etc/group',
  'cp -p /etc/group /tmp/x; cat /tmp/x >/etc/group; touch -r /tmp/x /etc/group; rm /tmp/x',
  'rm /etc/mtab',
  'rm /etc/mtab; ln -s /elsewhere /etc/mtab',
  'rm /.dockerenv',
  'echo x >/.dockerenv',
  'chmod 600 /.dockerenv',
  'mkdir -p /a/b; echo 1 >/a/b/c; rm -r /srv',
  'rm -r /srv; mkdir /srv; echo new >/srv/index.html',
  'mv /srv /moved',
  'ln -s /nowhere /link; mkfifo /fifo; ln /etc/passwd /etc/again',
]

export const diff: Scenario = {
  name: 'diff',
  images: async into => ({ 'busybox:latest': await busyboxImage({ into }) }),
  steps: registry => {
    const image = `${registry}/busybox`
    const create = ['create', '--network', 'none', '--name']
    return [
      ['pull', '-q', image],
      [...create, 'fresh', image],
      ['diff', 'fresh'],
      ...scripts.flatMap((script, at): Step[] => [
        ['run', '--network', 'none', '--name', `c${at}`, image, 'sh', '-c', script],
        // dockerd goes through its folders in any order.
        { args: ['diff', `c${at}`], sorted: true },
      ]),
      ['diff', 'nothing'],
    ]
  },
}
