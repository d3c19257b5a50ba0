import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type Certificates, contentOf } from './certificates.ts';

export interface TemporalOverTls {
  /** `localhost` and a port, for which its certificate is made. */
  readonly address: string;
  /** What calls brought as `authorization`. */
  readonly authorizations: ReadonlySet<string | undefined>;
  close(): void;
}

/**
 * The Temporal of the test run behind TLS, as a cloud has it in front: HTTP/2 with a certificate, of clients too where it
 * wants one. What does not bring the API key is refused as Temporal's cloud does it.
 */
export async function temporalOverTls(
  certificates: Certificates,
  wants: { readonly clientCertificate?: boolean; readonly apiKey?: string },
): Promise<TemporalOverTls> {
  const authorizations = new Set<string | undefined>();
  const upstream = connect(`http://${process.env.TEMPORAL_ADDRESS}`);
  const server = createSecureServer({
    ...contentOf(certificates.server),
    ca: readFileSync(certificates.ca),
    requestCert: wants.clientCertificate ?? false,
    rejectUnauthorized: wants.clientCertificate ?? false,
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    authorizations.add(headers.authorization);
    if (wants.apiKey !== undefined && headers.authorization !== `Bearer ${wants.apiKey}`) refuse(stream);
    else forward(stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  function forward(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const request = upstream.request(headers);
    request.on('error', () => stream.destroy());
    stream.on('close', () => request.close());
    request.on('response', (answer) => stream.respond(answer, { waitForTrailers: true }));
    let trailers: IncomingHttpHeaders = {};
    request.on('trailers', (reported) => {
      trailers = reported;
    });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.pipe(request);
    request.pipe(stream);
  }

  return {
    address: `localhost:${(server.address() as AddressInfo).port}`,
    authorizations,
    close() {
      upstream.destroy();
      server.close();
    },
  };
}

/** gRPC's status 16: unauthenticated. */
function refuse(stream: ServerHttp2Stream): void {
  const answer = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '16', 'grpc-message': 'no' };
  stream.respond(answer, { endStream: true });
}
