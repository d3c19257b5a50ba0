import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright } from 'playwright-core';

/** Made for one page in a cloud function: there a crash of one page may take the browser along, and frames come from a simulated GPU. */
const unwanted = ['--single-process', '--disable-web-security', '--in-process-gpu', '--ignore-gpu-blocklist'];

/** A real browser, of which pages can be closed. */
export async function launchBrowser(): Promise<Browser> {
  const isWanted = (argument: string) =>
    !unwanted.includes(argument) && !/^--use-(gl|angle)=|swiftshader/.test(argument);
  return playwright.launch({
    args: [...chromium.args.filter(isWanted), '--disable-gpu'],
    executablePath: await chromium.executablePath(),
    headless: true,
  });
}
