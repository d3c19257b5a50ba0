/** BitMart's hosts, of spot and of futures. */
export const realHosts = { spot: 'https://api-cloud.bitmart.com', futures: 'https://api-cloud-v2.bitmart.com' };

/** Whether an address is one of BitMart's, not of a sandbox. */
export function isRealHost(url: string): boolean {
  return URL.canParse(url) && /(^|\.)bitmart\.com\.?$/.test(new URL(url).hostname);
}
