import { addon } from './addon.ts'

/** Gives the system back what this process has freed, in the background. Costs a few milliseconds of a core. */
export function trimMemory(): Promise<void> {
  return addon().trimMemory()
}
