import { errnoOf } from '../std/index.ts'

/** SIGKILL for a process that may have gone meanwhile. */
export function killIfThere(pid: number): void {
  // 0 is how a cgroup lists processes of pid namespaces that can't be seen from here; kill(2) takes it for our own group.
  if (pid < 1) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error
  }
}
