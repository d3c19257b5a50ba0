import { lookup as lookUp } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Whether an address belongs to the public internet: not to this machine, a private network, or another reserved range. In
 * IPv6 only 2000::/3 is assigned to networks; any other address can hide an IPv4 address (`::127.0.0.1`).
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  if (parsed.kind() === 'ipv6') return parsed.match(ipaddr.parseCIDR('2000::/3'));
  // An IPv4 address embedded in IPv6 is public only in the one form that is routed to it.
  const isOwnForm = !address.includes(':') || /^::ffff:/i.test(address);
  return isOwnForm && !cloudAddresses.has(parsed.toString());
}

/** A public address that belongs to the machine's own cloud: Azure serves data there that only the machine may know. */
const cloudAddresses: ReadonlySet<string> = new Set(['168.63.129.16']);

/** The host of a URL if it is written as an address: such a host is never resolved by DNS. */
export function addressIn(url: URL): string | null {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(host) ? host : null;
}

/** The name resolves to an address that we must not send anything to. */
export class NotPublic extends Error {
  override readonly name = 'NotPublic';

  constructor(host: string) {
    super(`${host} is, or resolves to, an address of a private network.`);
  }
}

interface Destination {
  readonly url: string;
  readonly addresses: 'public' | 'any';
}

/** Throws NotPublic where the address itself says so already: a host that is written as one is never resolved by DNS. */
export function requirePublic({ url: text, addresses }: Destination): void {
  const url = new URL(text);
  const address = addressIn(url);
  if (addresses === 'public' && address !== null && !isPublicAddress(address)) throw new NotPublic(url.host);
}

/**
 * Resolves a name when a connection is made, and refuses it if any of its addresses is not public: by then the name may
 * resolve to something else than when it was configured.
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
