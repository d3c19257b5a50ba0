import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The parts of the appearance that the platform may choose. */
export interface Branding {
  readonly name: string;
  /** A file: SVG, PNG or WebP. */
  readonly logoFile: string | null;
  /** `#rrggbb`, of buttons and links on white. */
  readonly accent: string;
  /** The same in dark mode. */
  readonly accentDark: string;
}

export const defaultBranding = { name: 'bitmart-sync', logoFile: null, accent: '#1f5fbf', accentDark: '#8ab8ff' };

/** The appearance with every file that it needs. Paths change with their content, so browsers may cache them forever. */
export interface Appearance {
  readonly name: string;
  readonly logoPath: string | null;
  readonly stylePath: string;
  readonly scriptPath: string;
  readonly assets: ReadonlyMap<string, Asset>;
}

export interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

/** The backgrounds of page.css on which text in the accent colour is shown. */
const surfaces = { light: '#ffffff', dark: '#1c2128' };

/** WCAG 2.2 AA for text of normal size. */
const minContrast = 4.5;

const logoTypes: Readonly<Record<string, string>> = {
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
};

/** A larger logo would be most of what a phone has to load before it shows the page. */
const maxLogoBytes = 50_000;

/** Why a branding can't be used, one line each; empty where it can. */
export function problemsOfBranding(branding: Branding): readonly string[] {
  const problems: string[] = [];
  for (const [name, colour, surface] of [
    ['LINK_ACCENT', branding.accent, surfaces.light],
    ['LINK_ACCENT_DARK', branding.accentDark, surfaces.dark],
  ] as const) {
    if (!/^#[0-9a-f]{6}$/i.test(colour)) problems.push(`${name} must be a colour like #1f5fbf, not "${colour}"`);
    else if (contrastOf(colour, surface) < minContrast) {
      problems.push(
        `${name} ${colour} has a contrast of ${contrastOf(colour, surface).toFixed(1)} to ${surface}; text needs ${minContrast}`,
      );
    }
  }
  const { logoFile } = branding;
  if (logoFile !== null) {
    const size = sizeOf(logoFile);
    if (!(extname(logoFile) in logoTypes)) problems.push('LINK_LOGO_FILE: expected an .svg, .png or .webp file');
    else if (size === null) problems.push(`LINK_LOGO_FILE can't be read: ${logoFile}`);
    else if (size > maxLogoBytes) problems.push(`LINK_LOGO_FILE has ${size} bytes; at most ${maxLogoBytes} are shown`);
  }
  return problems;
}

export function appearanceOf(branding: Branding): Appearance {
  const assets = new Map<string, Asset>();
  const add = (name: string, type: string, body: Buffer): string => {
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 16);
    const path = `/assets/${hash}-${name}`;
    assets.set(path, { type, body });
    return path;
  };
  const style = Buffer.concat([coloursOf(branding), assetFile('page.css')]);
  const { logoFile } = branding;
  return {
    name: branding.name,
    logoPath:
      logoFile === null
        ? null
        : add(`logo${extname(logoFile)}`, logoTypes[extname(logoFile)] as string, readFileSync(logoFile)),
    stylePath: add('page.css', 'text/css; charset=utf-8', style),
    scriptPath: add('page.js', 'text/javascript; charset=utf-8', assetFile('page.js')),
    assets,
  };
}

/** A file in this folder, which the build copies. */
export function assetFile(name: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`./assets/${name}`, import.meta.url)));
}

function coloursOf({ accent, accentDark }: Branding): Buffer {
  const colours = (colour: string) => `--accent:${colour};--on-accent:${readableOn(colour)}`;
  return Buffer.from(`:root{${colours(accent)}}@media (prefers-color-scheme:dark){:root{${colours(accentDark)}}}\n`);
}

function sizeOf(file: string): number | null {
  try {
    return readFileSync(file).length;
  } catch {
    return null;
  }
}

/** The contrast of two colours as WCAG 2 defines it, from 1 to 21. */
export function contrastOf(one: string, other: string): number {
  const [lighter, darker] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => b - a) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

/** White or black, whichever is more readable on the colour: one of them always has a contrast above 4.5. */
export function readableOn(colour: string): '#ffffff' | '#000000' {
  return contrastOf(colour, '#ffffff') >= contrastOf(colour, '#000000') ? '#ffffff' : '#000000';
}

function luminanceOf(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
