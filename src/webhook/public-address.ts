import { lookup as lookUp } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Whether an address is one of the public internet: not of this machine, of a private network, or set apart otherwise. Of IPv6
 * only 2000::/3 is given out to networks; what lies elsewhere can hide an IPv4 address (`::127.0.0.1`).
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  if (parsed.kind() === 'ipv6') return parsed.match(ipaddr.parseCIDR('2000::/3'));
  // An IPv4 address within an IPv6 one is public only in the one form that leads to it.
  const isOwnForm = !address.includes(':') || /^::ffff:/i.test(address);
  return isOwnForm && !cloudAddresses.has(parsed.toString());
}

/** Public by its number, and of the machine's own cloud all the same: Azure answers there with what only the machine may know. */
const cloudAddresses: ReadonlySet<string> = new Set(['168.63.129.16']);

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
