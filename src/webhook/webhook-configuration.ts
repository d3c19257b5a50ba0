import { Secret } from '../secret.ts';
import { addressIn, isPublicAddress } from './public-address.ts';
import type { WebhookOptions } from './webhook.ts';

export interface WebhookEnvironment {
  readonly WEBHOOK_URL?: string | undefined;
  readonly WEBHOOK_SECRET?: string | undefined;
  readonly WEBHOOK_ADDRESSES?: string | undefined;
}

/** Where events are posted to, or null for nowhere; and everything that is wrong with it, without the secret. */
export function webhookOf(
  env: WebhookEnvironment,
  { exchangeIsReal }: { readonly exchangeIsReal: boolean },
): { readonly webhook: WebhookOptions | null; readonly problems: readonly string[] } {
  const { WEBHOOK_URL: text, WEBHOOK_SECRET: secret, WEBHOOK_ADDRESSES: addresses = 'public' } = env;
  const problems: string[] = [];
  if (addresses !== 'public' && addresses !== 'any') problems.push('WEBHOOK_ADDRESSES must be "public" or "any"');
  if (addresses === 'any' && exchangeIsReal) {
    problems.push('WEBHOOK_ADDRESSES: "any" is for a sandbox and refused together with the real hosts');
  }
  if (text === undefined && secret === undefined) return { webhook: null, problems };
  if (text === undefined) problems.push('WEBHOOK_URL is missing, though there is a WEBHOOK_SECRET');
  else problems.push(...urlProblems(text, addresses === 'any').map((problem) => `WEBHOOK_URL ${problem}`));
  if (secret === undefined || !isSecret(secret)) {
    problems.push(
      'WEBHOOK_SECRET must be whsec_ and 24 to 64 bytes in base64: echo "whsec_$(openssl rand -base64 32)"',
    );
  }
  if (problems.length > 0) return { webhook: null, problems };
  const chosen = addresses === 'any' ? 'any' : 'public';
  return { webhook: { url: text as string, secret: new Secret(secret as string), addresses: chosen }, problems };
}

function urlProblems(text: string, anyAddress: boolean): readonly string[] {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['https:', 'http:'].includes(url.protocol)) return ['must be an https address'];
  const problems: string[] = [];
  if (url.username !== '' || url.password !== '') {
    problems.push('holds a user or password: messages are signed instead (WEBHOOK_SECRET)');
  }
  if (anyAddress) return problems;
  if (url.protocol !== 'https:')
    problems.push('must be an https address; for a sandbox http is allowed with WEBHOOK_ADDRESSES=any');
  const address = addressIn(url);
  const isHere = /(^|\.)localhost$/.test(url.hostname);
  if (isHere || (address !== null && !isPublicAddress(address))) {
    problems.push('lies in a private network; for a sandbox allow it with WEBHOOK_ADDRESSES=any');
  }
  return problems;
}

function isSecret(text: string): boolean {
  const [, base64 = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const { length } = Buffer.from(base64, 'base64');
  return length >= 24 && length <= 64;
}
