import { linkAddressOf, linkUrlOf } from '../client/link-url.ts';
import { type Branding, defaultBranding, problemsOfBranding } from './appearance.ts';

/** The settings of `serve` besides those of the client. */
export interface LinkPageConfig {
  readonly host: string;
  readonly port: number;
  /** The URL under which a browser reaches the page. */
  readonly publicUrl: URL;
  readonly branding: Branding;
  /** The addresses that a user has to bind at BitMart. */
  readonly addresses: readonly string[];
  /** How many proxies in front of us append their caller's address. */
  readonly proxyHops: number;
  readonly metrics: { readonly host: string; readonly port: number } | null;
}

export class WrongLinkPageConfiguration extends Error {
  override readonly name = 'WrongLinkPageConfiguration';
}

/** Reads the environment. Throws WrongLinkPageConfiguration with everything that is wrong. */
export function linkPageConfig(env: NodeJS.ProcessEnv): LinkPageConfig {
  const problems: string[] = [];
  const listening = addressOf(linkAddressOf(env));
  if (listening === null) problems.push('LINK_ADDRESS: expected an address like 127.0.0.1:8090');
  const metrics = env.LINK_METRICS_ADDRESS ? addressOf(env.LINK_METRICS_ADDRESS) : null;
  if (env.LINK_METRICS_ADDRESS && metrics === null)
    problems.push('LINK_METRICS_ADDRESS: expected an address like 0.0.0.0:9464');
  const publicUrl = publicUrlOf(env);
  if (publicUrl === null) problems.push('LINK_URL: expected an origin like https://link.example.com (without a path)');
  else if (publicUrl.protocol === 'http:' && !isLoopback(publicUrl.hostname)) {
    problems.push('LINK_URL must be https, because keys are typed on this page (http is only for this machine)');
  }
  const branding = {
    name: env.LINK_NAME || defaultBranding.name,
    logoFile: env.LINK_LOGO_FILE || null,
    accent: env.LINK_ACCENT || defaultBranding.accent,
    accentDark: env.LINK_ACCENT_DARK || defaultBranding.accentDark,
  };
  problems.push(...problemsOfBranding(branding));
  // With https a proxy terminates TLS. Without its header all users would share one address and one rate limit.
  const proxyHops = Number(env.LINK_PROXY_HOPS || (publicUrl?.protocol === 'https:' ? 1 : 0));
  if (!Number.isInteger(proxyHops) || proxyHops < 0 || proxyHops > 5) {
    problems.push('LINK_PROXY_HOPS: expected a whole number from 0 to 5');
  }
  if (problems.length > 0 || listening === null || publicUrl === null) {
    throw new WrongLinkPageConfiguration(
      `The configuration of the link page is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
  }
  const addresses = (env.EGRESS_ADDRESSES ?? '').split(/[\s,]+/).filter(Boolean);
  return { ...listening, publicUrl, branding, addresses, proxyHops, metrics };
}

function publicUrlOf(env: NodeJS.ProcessEnv): URL | null {
  const text = linkUrlOf(env);
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const isOrigin = /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '' && url.username === '';
  return isOrigin ? url : null;
}

function addressOf(text: string): { readonly host: string; readonly port: number } | null {
  const match = /^([^:\s]*|\[[0-9a-f:]+\]):(\d{1,5})$/i.exec(text);
  if (!match) return null;
  return { host: (match[1] || '0.0.0.0').replace(/^\[|\]$/g, ''), port: Number(match[2]) };
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname) || hostname === '0.0.0.0';
}
