import { attempt, run } from './commands.ts'

/**
 * A bridge's way through iptables' FORWARD chain.
 *
 * Programs such as dockerd and firewalls set that chain's policy to DROP, and what is dropped anywhere is dropped, so
 * our own nftables table can't let a packet pass. Two rules of ours, marked by a comment, go to the top of the chain,
 * but only where it holds back anything. Nobody else's rules are touched.
 */
export interface ForwardScope {
  readonly bridge: string
  /** Names the instance in the rules' comments. */
  readonly comment: string
}

/** Puts the rules in place unless they are, or aren't needed. Works where there is no iptables too. */
export async function ensureForwardRules(scope: ForwardScope): Promise<void> {
  const { status, stdout } = await attempt(['iptables', '-w', '-S', 'FORWARD'])
  if (status !== 0) return
  const { foreign, mine, policy } = readForwardChain(stdout, scope.comment)
  if (mine.length === 2 || (policy === 'ACCEPT' && foreign.length === 0)) return
  await removeAll(mine)
  for (const rule of rulesOf(scope)) await run(['iptables', '-w', '-I', 'FORWARD', ...rule])
}

export async function removeForwardRules(scope: ForwardScope): Promise<void> {
  const { status, stdout } = await attempt(['iptables', '-w', '-S', 'FORWARD'])
  if (status === 0) await removeAll(readForwardChain(stdout, scope.comment).mine)
}

/** What `iptables -S FORWARD` says, sorted into our rules (as arguments for -D) and everybody else's lines. */
export function readForwardChain(
  text: string,
  comment: string,
): { policy: string; mine: string[][]; foreign: string[] } {
  const chain = { policy: 'ACCEPT', mine: [] as string[][], foreign: [] as string[] }
  for (const line of text.split('\n')) {
    if (line.startsWith('-P FORWARD ')) chain.policy = line.slice('-P FORWARD '.length).trim()
    if (!line.startsWith('-A FORWARD ')) continue
    const words = line.slice('-A FORWARD '.length).trim().split(' ')
    const at = words.indexOf('--comment')
    if (at >= 0 && words[at + 1]?.replaceAll('"', '') === comment) chain.mine.push(words.with(at + 1, comment))
    else chain.foreign.push(line)
  }
  return chain
}

function rulesOf({ bridge, comment }: ForwardScope): string[][] {
  const end = ['-m', 'comment', '--comment', comment, '-j', 'ACCEPT']
  return [
    ['-o', bridge, '-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED,DNAT', ...end],
    ['-i', bridge, ...end],
  ]
}

async function removeAll(rules: string[][]): Promise<void> {
  for (const rule of rules) await attempt(['iptables', '-w', '-D', 'FORWARD', ...rule])
}
