import { StrataError } from '../std/index.ts'
import { overlaps, parseSubnet, type Subnet } from './ipv4.ts'

/** Docker's local default pools, in its order: 172.17.0.0/16 to 172.31.0.0/16, then the /20s of 192.168.0.0/16. */
function* candidates(): Generator<Subnet> {
  for (let second = 17; second <= 31; second++) yield parseSubnet(`172.${second}.0.0/16`)!
  for (let third = 0; third < 256; third += 16) yield parseSubnet(`192.168.${third}.0/20`)!
}

/**
 * The first default subnet that overlaps none in `used`: addresses and routes of the machine.
 * Throws Docker's text when there is none left.
 */
export function chooseSubnet(used: readonly Subnet[]): Subnet {
  for (const candidate of candidates()) {
    if (!used.some(other => overlaps(candidate, other))) return candidate
  }
  throw new StrataError('unavailable', 'all predefined address pools have been fully subnetted')
}
