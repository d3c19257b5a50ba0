const defaultAddress = '127.0.0.1:8090';

/** Where `serve` listens. */
export function linkAddressOf(env: NodeJS.ProcessEnv): string {
  return env.LINK_ADDRESS || defaultAddress;
}

/** The address at which a browser reaches the page: LINK_URL, or LINK_ADDRESS on this machine. */
export function linkUrlOf(env: NodeJS.ProcessEnv): string {
  return env.LINK_URL || `http://${linkAddressOf(env).replace(/^(0\.0\.0\.0)?:/, '127.0.0.1:')}`;
}
