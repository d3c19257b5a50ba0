import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** Files with certificates: a CA, what it signed for `localhost` and for a client, and another CA that signed nothing. */
export interface Certificates {
  readonly folder: string;
  readonly ca: string;
  readonly anotherCa: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly cert: string; readonly key: string };
}

/** In a folder that every user can reach: Postgres runs as another one than root. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync('/tmp/bitmart-sync-certificates-');
  chmodSync(folder, 0o755);
  const path = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const authority = (name: string) =>
    openssl(
      'req',
      '-x509',
      ...key,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
    );
  const signed = (name: string, extension: string) => {
    openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    writeFileSync(path(`${name}.ext`), extension);
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...by,
      '-out',
      `${name}.pem`,
      '-days',
      '2',
      '-extfile',
      `${name}.ext`,
    );
    return { cert: path(`${name}.pem`), key: path(`${name}.key`) };
  };
  authority('ca');
  authority('another-ca');
  return {
    folder,
    ca: path('ca.pem'),
    anotherCa: path('another-ca.pem'),
    server: signed('localhost', 'subjectAltName=DNS:localhost'),
    client: signed('client', 'extendedKeyUsage=clientAuth'),
  };
}

export function contentOf({ cert, key }: Certificates['server']): { readonly cert: Buffer; readonly key: Buffer } {
  return { cert: readFileSync(cert), key: readFileSync(key) };
}
