import { addon } from './addon.ts'

/** NETLINK_ROUTE of linux/netlink.h: interfaces, addresses and routes. */
const ROUTE = 0

/**
 * Sends rtnetlink messages (rtnetlink(7), each with NLM_F_ACK) to the kernel, in the network namespace mounted at
 * `namespace` or, without one, in this process's. All are carried out, whatever comes of those before; rejects with the
 * errno of the first that failed.
 */
export function routeRequest(messages: readonly Uint8Array[], namespace?: string): Promise<void> {
  return addon().netlinkRequest(namespace ?? null, ROUTE, Buffer.concat(messages))
}
