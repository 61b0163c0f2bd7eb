/** An IPv4 network: the lowest address as a number, and the length of its prefix. */
export interface Subnet {
  readonly base: number
  readonly prefixLength: number
}

/** The number of a dotted quad, or undefined when `text` is not one. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let value = 0
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    value = value * 256 + Number(part)
  }
  return value
}

export function formatAddress(value: number): string {
  return [24, 16, 8, 0].map(shift => (value >>> shift) & 255).join('.')
}

/** Reads `a.b.c.d/n`; bits of the address beyond the prefix are dropped. A missing prefix means a single host. */
export function parseSubnet(text: string): Subnet | undefined {
  const [address = '', prefix = '32', ...rest] = text.split('/')
  const value = parseAddress(address)
  if (value === undefined || rest.length > 0 || !/^\d{1,2}$/.test(prefix) || Number(prefix) > 32) return undefined
  const prefixLength = Number(prefix)
  return { base: value - (value % sizeOf(prefixLength)), prefixLength }
}

export function formatSubnet(subnet: Subnet): string {
  return `${formatAddress(subnet.base)}/${subnet.prefixLength}`
}

/** How many addresses a network of this prefix has. */
export function sizeOf(prefixLength: number): number {
  return 2 ** (32 - prefixLength)
}

export function contains(subnet: Subnet, address: number): boolean {
  return address >= subnet.base && address < subnet.base + sizeOf(subnet.prefixLength)
}

export function overlaps(a: Subnet, b: Subnet): boolean {
  return contains(a, b.base) || contains(b, a.base)
}
