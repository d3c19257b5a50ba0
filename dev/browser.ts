import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright } from 'playwright-core';
import { sharedFolder } from './shared-folder.ts';

/** Made for one page in a cloud function: there a crash of one page may take the browser along, and frames come from a simulated GPU. */
const unwanted = ['--single-process', '--disable-web-security', '--in-process-gpu', '--ignore-gpu-blocklist'];

/** A real browser, of which pages can be closed. */
export async function launchBrowser(): Promise<Browser> {
  const isWanted = (argument: string) =>
    !unwanted.includes(argument) && !/^--use-(gl|angle)=|swiftshader/.test(argument);
  return playwright.launch({
    args: [...chromium.args.filter(isWanted), '--disable-gpu'],
    executablePath: await executable(),
    headless: true,
    // On a busy machine it takes long to start, and is ready all the same.
    timeout: 120_000,
  });
}

/** The package unpacks its browser into the folder of temporary files, and takes a file for whole that is still being written there. */
async function executable(): Promise<string> {
  const folder = join(tmpdir(), 'bitmart-sync-browser');
  await sharedFolder(folder, async (own) => {
    const { TMPDIR } = process.env;
    process.env.TMPDIR = own;
    try {
      await chromium.executablePath();
    } finally {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    }
  });
  return join(folder, 'chromium');
}
