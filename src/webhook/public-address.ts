import { lookup as lookUp } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Whether an address is one of the public internet: not of this machine, of a private network, or set apart otherwise. */
export function isPublicAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

/** The host of a URL as an address, where it is written as one: such a host is never looked up. */
export function addressIn(url: URL): string | null {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(host) ? host : null;
}

/** The name leads to an address that nothing of ours may be sent to. */
export class NotPublic extends Error {
  override readonly name = 'NotPublic';

  constructor(host: string) {
    super(`${host} is, or leads to, an address of a private network.`);
  }
}

/**
 * Looks a name up when a connection is made, and refuses it if any of its addresses is not public: a name may lead somewhere
 * else by then than when it was configured.
 */
export const publicLookup: LookupFunction = (host, options, callback) => {
  lookUp(host, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0);
    const [first] = addresses;
    if (!first || !addresses.every(({ address }) => isPublicAddress(address)))
      return callback(new NotPublic(host), '', 0);
    if (options.all) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};
