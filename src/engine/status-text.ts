import type { ContainerStatus } from '../apitypes/index.ts'
import type { StateRecord } from './container.ts'

/** The state in Docker's one word. */
export function statusOf(state: StateRecord): ContainerStatus {
  if (state.status === 'running') return state.paused ? 'paused' : 'running'
  return state.restarting ? 'restarting' : state.status
}

/** The state for people, as `docker ps` shows it: `Up 5 minutes`, `Exited (0) 2 hours ago`. */
export function statusText(state: StateRecord, now: Date): string {
  const since = (time: string) => humanDuration(now.getTime() - Date.parse(time))
  if (state.restarting) return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`
  switch (state.status) {
    case 'running':
      return `Up ${since(state.startedAt)}${state.paused ? ' (Paused)' : ''}`
    case 'created':
      return 'Created'
    case 'removing':
      return 'Removal In Progress'
    case 'dead':
      return 'Dead'
    case 'exited':
      return `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`
  }
}

/** Milliseconds in the words of Docker's units.HumanDuration. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  if (seconds < 1) return 'Less than a second'
  if (seconds === 1) return '1 second'
  if (seconds < 60) return `${seconds} seconds`
  const minutes = Math.floor(seconds / 60)
  if (minutes === 1) return 'About a minute'
  if (minutes < 60) return `${minutes} minutes`
  const hours = Math.floor(minutes / 60 + 0.5)
  if (hours === 1) return 'About an hour'
  if (hours < 48) return `${hours} hours`
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`
  return `${Math.floor(hours / 24 / 365)} years`
}
