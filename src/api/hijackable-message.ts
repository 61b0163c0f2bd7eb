import { IncomingMessage } from 'node:http'

const hijacking = /^(?:\/v[0-9.]+)?\/(?:containers\/[^/?]+\/attach|exec\/[^/?]+\/start)(?:\?|$)/

/**
 * A request of which Node asks, when it has the headers, whether the connection leaves HTTP with it. Docker's clients
 * take attach and exec connections over with `Upgrade: tcp` and also without, so the path decides, not the header; and
 * an `Upgrade` (to h2c) elsewhere is ignored, as RFC 9110, 7.8 allows.
 */
export class HijackableMessage extends IncomingMessage {
  get upgrade(): boolean {
    return this.method === 'POST' && hijacking.test(this.url ?? '')
  }

  set upgrade(_said: boolean) {
    // Node sets here what the header said.
  }
}
