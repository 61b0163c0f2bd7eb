import { oddImage } from '../fixtures/odd-image.ts'
import type { Scenario } from '../fixtures/scenario.ts'

/** What a container sees of its image, file by file. Sizes and link counts of folders are the file system's own matter. */
export const rootfs: Scenario = {
  name: 'rootfs',
  images: async into => ({ 'odd:latest': await oddImage({ into }) }),
  steps: registry => {
    const sh = (script: string) => ['run', '--rm', `${registry}/odd`, 'sh', '-c', script]
    const all = 'find / -path /proc -prune -o -path /sys -prune -o -path /dev -prune -o -path /bin -prune -o'
    return [
      sh(`${all} -type d -print | sort | xargs stat -c '%n %a %u %g'`),
      sh(`${all} ! -type d -print | grep -v '^/etc/[hr]' | sort | xargs stat -c '%N %F %a %u %g %s %h %t %T'`),
      sh(`find /odd ! -type d | sort | xargs stat -c '%n mtime=%Y'`),
      sh(`find /odd /srv /bin /etc/passwd -type f | sort | xargs md5sum`),
      sh('cat /odd/once /odd/strange /odd/link /odd/absolute; ls -A /odd/opaque /odd/merged /odd/gone'),
      sh(
        'rm -r /odd/merged /odd/kept && mkdir /odd/merged && ls -A /odd/merged; cat /odd/second-name; echo more >> /odd/owned; stat -c "%u %g %a" /odd/owned',
      ),
    ]
  },
}
