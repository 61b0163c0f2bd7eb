import { readFileSync } from 'node:fs'

/** Names this run of the machine: what was written in it and not synced is still in the page cache. */
export function bootID(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}
