import { busyboxImage } from '../fixtures/images.ts'
import type { Scenario } from '../fixtures/scenario.ts'

/** Containers that see of others, or of the host, what is asked for. */
export const sharing: Scenario = {
  name: 'sharing',
  images: async into => ({ 'busybox:latest': await busyboxImage({ into }) }),
  steps: registry => {
    const image = `${registry}/busybox`
    const sh = (script: string, ...flags: string[]) => ['run', '--rm', ...flags, image, 'sh', '-c', script]
    const donor = ['--name', 'donor', '--hostname', 'giver', '--ipc', 'shareable', '--shm-size', '8m']
    const more = ['-e', 'A=b', '--expose', '80', '--expose', '53/udp']
    const cgroups = `grep -E ' - cgroup2? ' /proc/self/mountinfo | cut -d' ' -f6 | cut -d, -f1 | sort -u`
    return [
      ['run', '-d', ...donor, ...more, image, 'sh', '-c', 'echo given > /dev/shm/x; exec sleep 1000'],
      ['exec', 'donor', 'sh', '-c', 'until [ -s /dev/shm/x ]; do :; done'],
      ['run', '-d', '--name', 'loner', image, 'sleep', '1000'],
      sh('cat /dev/shm/x; df -k /dev/shm | tail -1', '--ipc', 'container:donor'),
      ['create', '--name', 'heir', '--ipc', 'container:donor', image, 'sleep', '1000'],
      ['inspect', '--format', '{{.HostConfig.IpcMode}}', 'heir'],
      ['rename', 'donor', 'renamed'],
      ['start', 'heir'],
      sh('cat /dev/shm/x', '--ipc', 'container:heir'),
      sh('cat /dev/shm/x', '--ipc', 'container:loner'),
      sh('cat /dev/shm/x', '--ipc', 'container:nobody'),
      sh('tr "\\0" " " </proc/1/cmdline', '--pid', 'container:renamed'),
      sh('tail -2 /etc/hosts; env | grep ^X_ | sort', '--link', 'renamed:x', '--name', 'linked'),
      sh('tail -2 /etc/hosts', '--link', 'renamed', '--name', 'linked'),
      ['create', '--name', 'linked', '--link', 'renamed:x', '--link', 'loner', image, 'true'],
      ['inspect', '--format', '{{.HostConfig.Links}}', 'linked'],
      ['stop', '-t', '0', 'loner'],
      ['start', 'linked'],
      sh('true', '--pid', 'container:loner'),
      sh('true', '--ipc', 'container:loner'),
      sh('true', '--network', 'container:loner'),
      sh('tail -1 /etc/hosts', '--network', 'host', '--add-host', 'x:192.0.2.1'),
      sh('grep nameserver /etc/resolv.conf', '--network', 'host', '--dns', '192.0.2.53'),
      sh(cgroups),
      sh(cgroups, '--security-opt', 'writable-cgroups'),
      sh(
        'cat /proc/sys/kernel/domainname; cat /etc/hostname; tail -1 /etc/hosts | cut -f2',
        '--hostname',
        'a',
        '--domainname',
        'b.c',
      ),
      sh('tail -1 /etc/hosts | cut -f2', '--hostname', 'a.b.c'),
      sh('ls -d /relative', '-v', '/relative'),
      ['rm', '-f', '-v', 'renamed', 'loner', 'heir', 'linked'],
    ]
  },
}
