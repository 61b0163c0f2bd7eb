import type { Conditions } from './conditions.ts'
import type { Result, Summary } from './result.ts'
import type { Metric } from './row.ts'

const columns = ['what', 'strata', 'dockerd', 'podman', 'ratio to dockerd', 'target', 'rounds']

/** The results as a Markdown table: median, and in brackets the least and the most. */
export function table(results: readonly Result[]): string {
  const lines = results.map(result => {
    const { peers, unit } = result
    const values = [peers.strata, peers.dockerd, peers.podman].map(each => shown(each, unit))
    const verdict = result.reached === undefined ? '' : result.reached ? ', reached' : ', **missed**'
    return [
      result.title,
      ...values,
      result.ratio?.toFixed(2) ?? '',
      `${target(result)}${verdict}`,
      String(result.rounds),
    ]
  })
  const all = [columns, columns.map(() => '---'), ...lines]
  return all.map(line => `| ${line.join(' | ')} |\n`).join('')
}

/** RESULTS.md. */
export function document(found: Conditions & { readonly results: readonly Result[] }): string {
  return `# Benchmarks

Strata's engine beside dockerd with containerd and beside podman, driven by their real command lines. Written by
\`scripts/bench\`; the single values are in \`results.json\`.

${table(found.results)}
Values are medians, in brackets the least and the most. The ratio is Strata's median divided by dockerd's.

## Conditions

- ${found.date}. ${found.machine.join(', ')}.
- ${found.versions.join('; ')}.
- Rows that were not measured in the latest run are of an earlier one on the same machine; versions are the latest run's.
- Each row in turn (Strata, dockerd, podman, Strata …) in one run on one machine, after a round that warms up; roots,
  network and mounts of their own for each. Durations are those of the whole command, from its start to its end.
- Pull: gzip layers from Debian's docker-registry on the loopback; nothing of the image is there before, and the disk is
  at rest (\`sync\`). The image is Debian bookworm with six groups of packages (\`bench/fixtures/debian-stack.ts\`).
- Push: the same image, loaded from an archive, to a registry that has nothing yet; all layers are compressed. And once
  more as it was pulled from one registry, to another that has nothing.
- Save and load: the same image, to a file and, after its removal, from that file; each engine its own archive.
- 120 small layers: busybox and 118 layers of one small file each; pulled, run for the first time, saved, loaded and pushed,
  with nothing of it there before.
- Run and exec: an image of two layers, busybox and a few files; the command is \`true\`.
- Lists of images: of the whole command a good half is the docker CLI's own, whose start alone is a quarter of dockerd's time.
- Memory: all processes of the engine (dockerd's with containerd's) together. Idle: ten seconds after a pull and a run.

## How to run

\`\`\`
scripts/bench                    # all rows; writes this file and results.json
scripts/bench run exec           # single rows, printed only
scripts/bench --rounds 2 pull    # fewer rounds, printed only
scripts/bench --keep pull        # single rows, written too
scripts/bench --without podman   # when time is short
\`\`\`

Needs root on Debian 12; sets up what is missing. dockerd and containerd are taken from the folder \`$STRATA_ORACLE\`
(/opt/peers when unset), which has their \`usr/sbin\`, \`usr/bin\` and \`usr/libexec/docker\`. The large image is made once,
below \`$STRATA_BENCH_CACHE\` (/var/cache/strata-bench).
`
}

function shown(value: Summary | undefined, unit: Metric['unit']): string {
  if (!value) return '—'
  const digits = unit === 's' ? 1 : 0
  const [median, min, max] = [value.median, value.min, value.max].map(each => each.toFixed(digits))
  return `${median} ${unit} (${min}–${max})`
}

function target({ target: wanted, unit }: Metric): string {
  return 'ratio' in wanted ? `≤ ${wanted.ratio}` : `≤ ${wanted.most} ${unit}`
}
