import { posix } from 'node:path'
import type { ContainerConfig, HealthConfig } from '../../apitypes/index.ts'
import { parseSignal } from '../../host/index.ts'
import { refused } from './refusal.ts'

/** Refuses, in Docker's words, what no host could run. */
export function checkConfig({ WorkingDir, StopSignal, Env, Healthcheck }: ContainerConfig): void {
  if (WorkingDir !== '' && !posix.isAbsolute(WorkingDir)) {
    throw refused(`the working directory '${WorkingDir}' is invalid, it needs to be an absolute path`)
  }
  if (StopSignal && !isOtherNumber(StopSignal)) parseSignal(StopSignal)
  for (const entry of Env ?? []) {
    if (entry === '' || entry.startsWith('=')) throw refused(`invalid environment variable: ${entry}`)
  }
  if (Healthcheck) checkHealth(Healthcheck)
}

/** Whether a number is a signal is asked when it is sent; only 0 is none from the start. */
function isOtherNumber(text: string): boolean {
  return /^[+-]?\d+$/.test(text) && Number(text) !== 0
}

const leastTime = 1_000_000

function checkHealth(health: HealthConfig): void {
  const least = (name: 'Interval' | 'Timeout' | 'StartPeriod' | 'StartInterval') => {
    const value = health[name] ?? 0
    if (value !== 0 && value < leastTime) throw refused(`${name} in Healthcheck cannot be less than 1ms`)
  }
  least('Interval')
  least('Timeout')
  if ((health.Retries ?? 0) < 0) throw refused('Retries in Healthcheck cannot be negative')
  least('StartPeriod')
  least('StartInterval')
}
