/**
 * Messages of rtnetlink(7) as bytes: little endian headers, each followed by attributes (type, length, value) padded to
 * four bytes. Every message asks for an acknowledgement. Numbers are those of linux/{netlink,rtnetlink,if_link}.h.
 */

const NEWLINK = 16
const DELLINK = 17
const NEWADDR = 20
const NEWROUTE = 24

const REQUEST = 0x1
const ACK = 0x4
const EXCL = 0x200
const CREATE = 0x400

const NESTED = 0x8000
const AF_INET = 2
const AF_INET6 = 10
const IFF_UP = 1
const ADDR_GEN_MODE_NONE = 1

/** What is to be set of an interface. */
export interface LinkSettings {
  readonly name?: string
  readonly up?: boolean
  /** Index of the bridge to be a port of; 0 for none. */
  readonly master?: number
  readonly group?: number
  readonly macAddress?: string
  /** Give it no IPv6 address by itself. */
  readonly ipv4Only?: boolean
}

export interface VethPair {
  /** The end in the namespace where the message is sent. */
  readonly index: number
  readonly name: string
  readonly macAddress: string
  /** The other end, and a process in whose namespace it comes to be. */
  readonly peerName: string
  readonly peerPid: number
}

export function addVeth({ index, name, macAddress, peerName, peerPid }: VethPair): Buffer {
  const peer = Buffer.concat([
    linkHeader({ index: 0 }),
    attribute(3, text(peerName)), // IFLA_IFNAME
    attribute(19, u32(peerPid)), // IFLA_NET_NS_PID
  ])
  const info = [
    attribute(1, text('veth')), // IFLA_INFO_KIND
    nested(2, [attribute(1 | NESTED, peer)]), // IFLA_INFO_DATA: VETH_INFO_PEER
  ]
  const body = [linkHeader({ index }), ...settings({ name, macAddress }), nested(18, info)] // IFLA_LINKINFO
  return message(NEWLINK, CREATE | EXCL, body)
}

/** Changes the interface of this index, or of `settings.name` when the index is 0. */
export function setLink(index: number, changes: LinkSettings): Buffer {
  return message(NEWLINK, 0, [linkHeader({ index, ...changes }), ...settings(changes)])
}

/** Lets a bridge send a frame back through the port that it came from. */
export function setHairpin(name: string): Buffer {
  const info = [
    attribute(4, text('bridge')), // IFLA_INFO_SLAVE_KIND
    nested(5, [attribute(4, Buffer.from([1]))]), // IFLA_INFO_SLAVE_DATA: IFLA_BRPORT_MODE
  ]
  return message(NEWLINK, 0, [linkHeader({ index: 0 }), attribute(3, text(name)), nested(18, info)]) // IFLA_LINKINFO
}

/** Deletes all interfaces of a group. ENODEV when there is none. */
export function deleteGroup(group: number): Buffer {
  return message(DELLINK, 0, [linkHeader({ index: 0 }), attribute(27, u32(group))])
}

/** All addresses are numbers, the most significant byte first. */
export function addAddress(index: number, address: number, prefixLength: number): Buffer {
  const header = Buffer.alloc(8) // struct ifaddrmsg
  header.writeUInt8(AF_INET, 0)
  header.writeUInt8(prefixLength, 1)
  header.writeUInt32LE(index, 4)
  const broadcast = (address | (2 ** (32 - prefixLength) - 1)) >>> 0
  return message(NEWADDR, CREATE | EXCL, [
    header,
    attribute(2, inet(address)), // IFA_LOCAL
    attribute(1, inet(address)), // IFA_ADDRESS
    attribute(4, inet(broadcast)), // IFA_BROADCAST
  ])
}

export function addDefaultRoute(gateway: number): Buffer {
  const header = Buffer.alloc(12) // struct rtmsg
  header.writeUInt8(AF_INET, 0)
  header.writeUInt8(254, 4) // RT_TABLE_MAIN
  header.writeUInt8(3, 5) // RTPROT_BOOT
  header.writeUInt8(1, 7) // RTN_UNICAST
  return message(NEWROUTE, CREATE | EXCL, [header, attribute(5, inet(gateway))]) // RTA_GATEWAY
}

function settings({ name, master, group, macAddress, ipv4Only }: LinkSettings): Buffer[] {
  const attributes: Buffer[] = []
  if (macAddress !== undefined) attributes.push(attribute(1, Buffer.from(macAddress.replaceAll(':', ''), 'hex')))
  if (name !== undefined) attributes.push(attribute(3, text(name)))
  if (master !== undefined) attributes.push(attribute(10, u32(master)))
  if (group !== undefined) attributes.push(attribute(27, u32(group)))
  if (ipv4Only) attributes.push(nested(26, [nested(AF_INET6, [attribute(8, Buffer.from([ADDR_GEN_MODE_NONE]))])]))
  return attributes
}

/** struct ifinfomsg */
function linkHeader({ index, family = 0, up }: { index: number; family?: number; up?: boolean }): Buffer {
  const header = Buffer.alloc(16)
  header.writeUInt8(family, 0)
  header.writeInt32LE(index, 4)
  header.writeUInt32LE(up ? IFF_UP : 0, 8)
  header.writeUInt32LE(up === undefined ? 0 : IFF_UP, 12)
  return header
}

function message(type: number, flags: number, parts: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(16) // struct nlmsghdr
  const body = Buffer.concat(parts)
  header.writeUInt32LE(header.length + body.length, 0)
  header.writeUInt16LE(type, 4)
  header.writeUInt16LE(REQUEST | ACK | flags, 6)
  return Buffer.concat([header, body])
}

function attribute(type: number, value: Buffer): Buffer {
  const whole = Buffer.alloc((4 + value.length + 3) & ~3)
  whole.writeUInt16LE(4 + value.length, 0)
  whole.writeUInt16LE(type, 2)
  value.copy(whole, 4)
  return whole
}

function nested(type: number, attributes: readonly Buffer[]): Buffer {
  return attribute(type | NESTED, Buffer.concat(attributes))
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`)
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function inet(address: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(address)
  return bytes
}
