import type { Random } from '../fixtures/random.ts'

/** Counts, one line at a time, until it is told to stop. */
const count = 'trap "exit 0" TERM; i=0; while :; do echo $i; i=$((i+1)); usleep 100000; done'

/** Names of containers that count for ever. */
export const counters = ['count0', 'count1', 'count2', 'count3', 'again'] as const
/** Names of containers that end by themselves; nothing here kills them. */
export const brief = ['brief0', 'brief1', 'brief2'] as const
export const briefExit = 5

/** The arguments of one docker command, of all the sorts that change something. */
export function anyCommand(random: Random, images: readonly string[]): string[] {
  const image = random.pick(images)
  const at = random.number(counters.length)
  const counter = counters[at]!
  const short = random.pick(brief)
  const port = ['-p', `127.0.0.1:${18_000 + at}:80`]
  const restart = counter === 'again' ? ['--restart', 'always'] : []
  const runCounter = ['run', '-d', '--name', counter, ...port, ...restart, '-v', '/data', image, 'sh', '-c', count]
  const runBrief = ['run', '-d', '--name', short, image, 'sh', '-c', `usleep 300000; exit ${briefExit}`]
  const aliases = images.map((_, index) => `alias:${index}`)
  return random.pick([
    ['pull', '-q', image],
    ['pull', '-q', image],
    ['pull', '-q', image],
    runCounter,
    runCounter,
    runBrief,
    runBrief,
    ['run', '--rm', image, 'sh', '-c', 'echo x; usleep 100000'],
    ['run', '--rm', '--network', 'none', image, 'true'],
    ['create', '--name', short, image, 'sh', '-c', `exit ${briefExit}`],
    ['start', counter],
    ['start', short],
    ['exec', counter, 'sh', '-c', 'echo inside; usleep 200000'],
    ['exec', '-d', counter, 'sleep', '3'],
    ['stop', '-t', '1', counter],
    ['restart', '-t', '1', counter],
    ['kill', counter],
    ['pause', counter],
    ['unpause', counter],
    ['rm', '-f', counter],
    ['rm', '-fv', counter],
    ['rm', short],
    ['tag', image, random.pick(aliases)],
    ['rmi', random.pick(aliases)],
    ['rmi', image],
    ['rmi', '-f', image],
  ])
}
