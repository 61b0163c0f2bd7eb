import type { ContainerDefaults } from '../oci/index.ts'
import { applyInstruction } from './apply-instruction.ts'
import type { ConfigDraft } from './build.ts'
import { badDockerfile } from './error.ts'
import { isConfigKeyword, parseInstruction } from './instructions.ts'
import { parseDockerfile } from './parse-dockerfile.ts'

/**
 * Applies lines of a Dockerfile (`docker commit --change`) to a config. Throws `invalid_argument` with Docker's texts for
 * what does not parse, and for instructions that change more than a config.
 */
export function changeConfig(config: ContainerDefaults, lines: readonly string[]): ContainerDefaults {
  if (lines.length === 0) return config
  const { directives, statements } = parseDockerfile(lines.join('\n'))
  for (const { keyword } of statements) {
    if (!isConfigKeyword(keyword)) throw badDockerfile(`${keyword} is not a valid change command`)
  }
  const draft: ConfigDraft = { config, commandSet: false }
  return statements
    .map(parseInstruction)
    .reduce<ConfigDraft>((before, instruction) => applyInstruction(before, instruction, directives), draft).config
}
