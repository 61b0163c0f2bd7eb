import { StrataError } from '../std/index.ts'
import { contains, formatAddress, parseAddress, type Subnet, sizeOf } from './ipv4.ts'

/** Hands out the lowest free address of a subnet, as Docker's bridge does. */
export class AddressPool {
  readonly gateway: string
  readonly #subnet: Subnet
  readonly #taken = new Set<number>()
  /** No address below this one is free. */
  #lowest: number

  /** `gateway`: an address of the subnet that is not given out; the first when absent. */
  constructor(subnet: Subnet, gateway = subnet.base + 1) {
    this.#subnet = subnet
    this.gateway = formatAddress(gateway)
    this.#taken.add(gateway)
    this.#lowest = subnet.base + 1
  }

  /** Throws Docker's text when the subnet is full. */
  acquire(): string {
    const end = this.#subnet.base + sizeOf(this.#subnet.prefixLength) - 1
    let address = this.#lowest
    while (this.#taken.has(address)) address++
    if (address >= end) throw new StrataError('unavailable', 'no available IPv4 addresses on this network')
    this.#taken.add(address)
    this.#lowest = address + 1
    return formatAddress(address)
  }

  /** Marks an address that is in use already. False when it isn't of this subnet or was taken before. */
  take(text: string): boolean {
    const address = parseAddress(text)
    if (address === undefined || !contains(this.#subnet, address) || this.#taken.has(address)) return false
    this.#taken.add(address)
    return true
  }

  release(text: string): void {
    const address = parseAddress(text)
    if (address === undefined || text === this.gateway || !this.#taken.delete(address)) return
    if (address < this.#lowest) this.#lowest = address
  }
}
