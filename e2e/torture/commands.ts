import type { Random } from '../fixtures/random.ts'

/** Counts, one line at a time, until it is told to stop. */
const count = 'trap "exit 0" TERM; i=0; while :; do echo $i; i=$((i+1)); usleep 100000; done'

/** Names of containers that count for ever; the last one has a restart policy. */
export const counters = ['count0', 'count1', 'count2', 'again'] as const
/** Names of containers that end by themselves; nothing here kills them. */
export const brief = ['brief0', 'brief1', 'brief2'] as const
export const briefExit = 5

/** What commands are about. */
export interface Targets {
  /** Names of images of a registry. */
  readonly images: readonly string[]
  /** Archives, by the name of the image in each. */
  readonly archives: Readonly<Record<string, string>>
  /** Where archives may be written. */
  readonly folder: string
}

/** The arguments of one docker command, of all the sorts that change something; the first ones come more often. */
export function anyCommand(random: Random, { images, archives, folder }: Targets): string[] {
  const [loaded, archive] = random.pick(Object.entries(archives))
  const image = random.number(4) === 0 ? loaded : random.pick(images)
  const at = random.number(counters.length)
  const counter = counters[at]!
  const short = random.pick(brief)
  const port = ['-p', `127.0.0.1:${18_000 + at}:80`]
  const restart = counter === 'again' ? ['--restart', 'always'] : []
  const alias = `alias:${random.number(images.length)}`
  const often = [
    ['pull', '-q', random.pick(images)],
    ['load', '-i', archive],
    ['run', '-d', '--name', counter, ...port, ...restart, '-v', '/data', image, 'sh', '-c', count],
    ['run', '-d', '--name', short, image, 'sh', '-c', `usleep 300000; exit ${briefExit}`],
    ['rmi', '-f', image],
    ['rm', '-fv', counter],
    ['exec', counter, 'sh', '-c', 'echo inside; usleep 200000'],
    ['stop', '-t', '1', counter],
    ['start', counter],
    ['rm', short],
  ]
  const seldom = [
    ['run', '--rm', image, 'sh', '-c', 'echo x; usleep 100000'],
    ['run', '--rm', '--network', 'none', image, 'true'],
    ['create', '--name', short, image, 'sh', '-c', `exit ${briefExit}`],
    ['start', short],
    ['exec', '-d', counter, 'sleep', '3'],
    ['restart', '-t', '1', counter],
    ['kill', counter],
    ['pause', counter],
    ['unpause', counter],
    ['tag', image, alias],
    ['save', '-o', `${folder}/saved${at}.tar`, image, loaded],
    ['rmi', alias],
    ['rmi', image],
    ['image', 'prune', '-f'],
  ]
  return random.pick(random.number(3) > 0 ? often : seldom)
}

/** What may be said against such commands when others run at once: that something is not there, or not so, or there already. */
const refusals = [
  /No such (container|image)/,
  /reference does not exist/,
  /is already in use by container/,
  /is not (running|paused)/,
  /is (running|paused|restarting): stop the container before removing/,
  /is (already )?paused/,
  /cannot start a paused container/,
  /conflict: unable to (remove|delete)/,
  /a prune operation is already running/,
  /container is marked for removal/,
  /removal of container .* is already in progress/,
  /port is already allocated/,
  /OCI runtime exec failed/,
  // Its container ended or went between the making and the start of the exec; the CLI does not pass the reason on.
  /unable to upgrade to tcp, received 4(04|09)/,
  // The CLI asks how an exec ended when its output is over; it is forgotten with its container.
  /No such exec instance/,
]

/** Whether a command that failed, failed as it may: refused, or its process was killed with its container. */
export function isRefusal(status: number, said: string): boolean {
  return status === 137 || refusals.some(refusal => refusal.test(said))
}
