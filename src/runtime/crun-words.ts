/** What of a spec, or of an exec's process, the words of an error name. */
export interface WordsContext {
  readonly command: string
  readonly mounts: readonly { readonly source?: string; readonly destination: string }[]
}

type Translation = readonly [pattern: RegExp, say: (found: readonly string[], context: WordsContext) => string]

const init = 'error during container init: '

/** crun's words with what runc says instead, after `unable to start container process: `. */
const translations: readonly Translation[] = [
  [/^executable file `(.*)` not found in \$PATH: /, ([name = '']) => notFound(name)],
  [/^open executable: (?:Permission denied|Operation not permitted)$/, (_, { command }) => notExecutable(command)],
  [/^open executable: (.*)$/, ([reason = ''], { command }) => `exec: "${command}": stat ${command}: ${lower(reason)}`],
  [
    /^chdir `(.*)`: (.*)$/,
    ([path, reason = '']) => `chdir to cwd ("${path}") set in config.json failed: ${lower(reason)}`,
  ],
  [
    /^mount `(.*)` to `(.*)`: (.*)$/,
    ([source, target, reason = '']) =>
      `${init}error mounting "${source}" to rootfs at "/${target}": mount ${source}:/${target}: ${lower(reason)}`,
  ],
  [
    /^error stat'ing file `(.*)`: (.*)$/,
    ([source, reason = ''], { mounts }) => {
      const target = mounts.find(mount => mount.source === source)?.destination ?? ''
      return `${init}error mounting "${source}" to rootfs at "${target}": stat ${source}: ${lower(reason)}`
    },
  ],
  [/^open (\/proc\/sys\/.*): (.*)$/, ([path, reason = '']) => `${init}open ${path}: ${lower(reason)}`],
  [/^write to (\/proc\/sys\/.*): (.*)$/, ([path, reason = '']) => `${init}write ${path}: ${lower(reason)}`],
]

/** What runc says of what crun says, as far as users meet it: programs and people know the words of Docker, which are runc's. */
export function runcWords(words: string, context: WordsContext): string {
  const sysctl = /^the sysctl `(.*)` is not namespaced$/.exec(words)
  if (sysctl) return `runc create failed: sysctl "${sysctl[1]}" is not in a separate kernel namespace`
  for (const [pattern, say] of translations) {
    const match = pattern.exec(words)
    if (match) return `runc create failed: unable to start container process: ${say(match.slice(1), context)}`
  }
  return `crun create failed: ${words}`
}

function notFound(name: string): string {
  return name.includes('/')
    ? `exec: "${name}": stat ${name}: no such file or directory`
    : `exec: "${name}": executable file not found in $PATH`
}

/** runc looks in PATH for what can be executed only. */
function notExecutable(command: string): string {
  return command.includes('/') ? `exec: "${command}": permission denied` : notFound(command)
}

/** An error's text as Go has it. */
function lower(reason: string): string {
  return reason.charAt(0).toLowerCase() + reason.slice(1)
}
