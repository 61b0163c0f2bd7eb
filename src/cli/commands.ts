import type { Command } from 'commander'
import type { Connection } from '../client/index.ts'
import { StrataError } from '../std/index.ts'
import type { Output } from './cli.ts'
import type { ImageDiffOptions } from './image-diff.ts'
import type { ImageLayersOptions } from './image-layers.ts'
import type { ImagePruneOptions } from './image-prune.ts'
import { isReaderGone, standardOutput } from './output.ts'

/** As commander gives them: `true` for `--paths` without a number. */
type LayersFlags = Omit<ImageLayersOptions, 'paths'> & { readonly paths?: number | true }

/** The most wasted files that an engine names. */
const MOST_PATHS = 10_000

/**
 * Adds the commands that talk to an engine: the one of `-H`, else that at `host`.
 * Their actions reject with what goes wrong, and set the exit code of the process.
 */
export function addCommands(program: Command, host: string): void {
  program.enablePositionalOptions().option('-H, --host <url>', `the engine of image and system (default: ${host})`)
  const images = program.command('image').description('look into images')
  onEngine(images, 'layers <image>', host)
    .summary("what an image's layers hold and waste")
    .description(
      'Show the layers of an image, the lowest first: the instruction that made it, its size and files, and how many of its bytes are wasted since later layers replace or remove them.',
    )
    .option('--paths [n]', 'name the n largest wasted files (10 when n is left out)', count)
    .option('--no-trunc', 'show instructions whole')
    .option('--platform <platform>', 'of the images that a name has, the one for this platform (linux/arm64)')
    .option('--json', 'one JSON object')
    .action(async (image: string, options: LayersFlags, command: Command) => {
      const { showImageLayers } = await import('./image-layers.ts')
      const { paths, ...others } = options
      const named = paths === undefined ? {} : { paths: paths === true ? 10 : paths }
      await face(command, host, (engine, out) => showImageLayers(engine, out, { image, ...others, ...named }))
    })
  onEngine(images, 'diff <A> <B>', host)
    .summary('files that differ between two images')
    .description(
      'Show the files that image B adds (+), changes (~) and removes (-) compared with image A, how much larger they are, the layer that did it (A1 is the lowest of A), and what of them changed; then what each layer did.',
    )
    .option('--times', 'show files too of which only the time differs')
    .option(
      '--platform <platform>',
      'of the images that a name has, the one for this platform; twice: for A, for B',
      repeated,
    )
    .option('--summary', 'show what the layers did, and no files')
    .option('--json', 'one JSON object a line')
    .action(async (from: string, to: string, options: ImageDiffOptions, command: Command) => {
      const { showImageDiff } = await import('./image-diff.ts')
      await face(command, host, (engine, out) => showImageDiff(engine, out, { from, to, ...options }))
    })

  onEngine(images, 'restore [image]', host)
    .summary('bring back what was removed, or what a name led to')
    .description(
      'Show what can be brought back; with an image, bring it back: by a name, what the name led to before it was removed or moved; by an ID, the image with its names.',
    )
    .option('--json', 'JSON: one object a line, or what was brought back')
    .action(async (image: string | undefined, options: { readonly json?: boolean }, command: Command) => {
      const { showRemovedImages, showRestoredImage } = await import('./image-restore.ts')
      await face(command, host, (engine, out) =>
        image === undefined
          ? showRemovedImages(engine, out, options)
          : showRestoredImage(engine, out, { image, ...options }),
      )
    })
  onEngine(images, 'prune', host)
    .summary('remove images that nobody needs, and say why')
    .description(
      'Remove images without a name, or with --all those that no container uses. Says of each image what becomes of it and why, and asks first. What could have been restored is forgotten before anything else is removed.',
    )
    .option('-a, --all', 'remove images with a name too')
    .option(
      '--filter <name=value>',
      'only such images: until=24h, label=x, label!=x, unused-for=30d; keep=3 keeps the newest of each repository (may be repeated)',
      repeated,
    )
    .option('--dry-run', 'remove nothing')
    .option('-f, --force', "don't ask")
    .option('--json', 'one JSON object')
    .action(async (options: ImagePruneOptions, command: Command) => {
      const { showImagePrune } = await import('./image-prune.ts')
      const { confirm } = await import('./confirm.ts')
      await face(command, host, (engine, out) => showImagePrune(engine, out, { confirm, ...options }))
    })

  const system = program.command('system').description('look after an engine')
  onEngine(system, 'check', host)
    .summary('verify everything that an engine stores')
    .description(
      'Verify every blob, layer and image of a running engine again; the exit code is 1 when something is wrong.',
    )
    .option('--json', 'one JSON object a line')
    .action(async (options: { readonly json?: boolean }, command: Command) => {
      const { showSystemCheck } = await import('./system-check.ts')
      await face(command, host, (engine, out) => showSystemCheck(engine, out, options))
    })
}

function onEngine(parent: Command, name: string, host: string): Command {
  return parent.command(name).option('-H, --host <url>', `the engine (default: ${host})`)
}

/** Runs a face; its result is the exit code. A reader that has gone ends it without an error. */
async function face(
  command: Command,
  host: string,
  show: (engine: Connection, out: Output) => Promise<number>,
): Promise<void> {
  const { host: given } = command.optsWithGlobals<{ readonly host?: string }>()
  const { connectionTo } = await import('../client/index.ts')
  try {
    process.exitCode = await show(connectionTo(given ?? host), standardOutput())
  } catch (error) {
    if (!isReaderGone(error)) throw error
  }
}

const repeated = (value: string, before: readonly string[] = []) => [...before, value]

function count(text: string): number {
  if (!/^[0-9]+$/.test(text) || Number(text) > MOST_PATHS) {
    throw new StrataError('invalid_argument', `--paths must be a number up to ${MOST_PATHS}`)
  }
  return Number(text)
}
