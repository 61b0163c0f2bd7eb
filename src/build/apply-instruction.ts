import { posix } from 'node:path'
import { checkSignal } from '../host/index.ts'
import type { ContainerDefaults } from '../oci/index.ts'
import type { ConfigDraft, Directives } from './build.ts'
import type { CommandLine } from './command-line.ts'
import { badDockerfile } from './error.ts'
import type { ConfigInstruction } from './instructions.ts'
import { exposedPorts } from './ports.ts'
import { expandWord, expandWords } from './words.ts'

/**
 * What an instruction makes of a config. Variables in it are those of the config's environment before. Throws
 * `invalid_argument` with Docker's texts.
 */
export function applyInstruction(
  draft: ConfigDraft,
  instruction: ConfigInstruction,
  directives: Directives,
): ConfigDraft {
  const { config } = draft
  const words = { escape: directives.escape, variables: variablesOf(config.Env ?? []) }
  const expand = (word: string) => expandWord(word, words)
  const changed = (change: ContainerDefaults): ConfigDraft => ({ ...draft, config: { ...config, ...change } })
  switch (instruction.name) {
    case 'env': {
      const pairs = instruction.pairs.map(({ key, value }) => [expand(key), expand(value)] as const)
      return changed({ Env: pairs.reduce(withVariable, config.Env ?? []) })
    }
    case 'label': {
      const pairs = instruction.pairs.map(({ key, value }) => [expand(key), expand(value)] as const)
      return changed({ Labels: { ...config.Labels, ...Object.fromEntries(pairs) } })
    }
    case 'cmd': {
      const { command } = instruction
      return { config: { ...config, Cmd: argv(config, command) }, commandSet: command.words.length > 0 }
    }
    case 'entrypoint': {
      const { command } = instruction
      const Entrypoint = command.words.length === 0 ? null : argv(config, command)
      return changed({ Entrypoint, ...(!draft.commandSet && { Cmd: null }) })
    }
    case 'expose': {
      const ports = instruction.words.flatMap(word => expandWords(word, words))
      return changed({ ExposedPorts: { ...config.ExposedPorts, ...exposedPorts(ports) } })
    }
    case 'volume': {
      const paths = instruction.words.map(expand)
      if (paths.includes('')) throw badDockerfile('VOLUME specified can not be an empty string')
      return changed({ Volumes: { ...config.Volumes, ...Object.fromEntries(paths.map(path => [path, {}])) } })
    }
    case 'stopsignal': {
      const signal = expand(instruction.value)
      checkSignal(signal)
      return changed({ StopSignal: signal })
    }
    case 'user':
      return changed({ User: expand(instruction.value) })
    case 'workdir':
      return changed({ WorkingDir: workingDirectory(config.WorkingDir ?? '', expand(instruction.value)) })
    case 'healthcheck':
      return changed({ Healthcheck: instruction.healthcheck })
    case 'onbuild':
      return changed({ OnBuild: [...(config.OnBuild ?? []), instruction.trigger] })
  }
}

function variablesOf(env: readonly string[]): ReadonlyMap<string, string> {
  return new Map(env.map(entry => [keyOf(entry), entry.slice(keyOf(entry).length + 1)]))
}

function keyOf(entry: string): string {
  return entry.slice(0, entry.includes('=') ? entry.indexOf('=') : undefined)
}

/** A variable in the place of the one of its name, or at the end. */
function withVariable(env: readonly string[], [key, value]: readonly [string, string]): readonly string[] {
  const at = env.findIndex(entry => keyOf(entry) === key)
  return at < 0 ? [...env, `${key}=${value}`] : env.with(at, `${key}=${value}`)
}

function argv({ Shell: shell }: ContainerDefaults, command: CommandLine): readonly string[] {
  if (!command.shell) return command.words
  return [...(shell && shell.length > 0 ? shell : ['/bin/sh', '-c']), ...command.words]
}

function workingDirectory(before: string, path: string): string {
  if (path === '') throw badDockerfile('cannot normalize nothing')
  return posix.resolve('/', before, path)
}
