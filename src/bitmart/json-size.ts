import { json } from './clamps.ts';

interface JsonSize {
  /** How deep arrays and objects are nested. */
  readonly depth: number;
  /** The number of members and elements, counted by openings and commas; what is empty counts as if it held one. */
  readonly values: number;
}

/**
 * The size of a JSON text, before it is parsed: one pass over its bytes, which builds nothing and ends once a clamp is
 * exceeded. Invalid JSON is measured too; parsing refuses it.
 */
export function jsonSizeOf(bytes: Uint8Array): JsonSize {
  let depth = 0;
  let deepest = 0;
  let values = 0;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case quote:
        at = endOfString(bytes, at + 1);
        break;
      case openBrace:
      case openBracket:
        values++;
        if (++depth > deepest) deepest = depth;
        if (deepest > json.maxDepth) return { depth: deepest, values };
        break;
      case closeBrace:
      case closeBracket:
        depth--;
        break;
      case comma:
        if (++values > json.maxValues) return { depth: deepest, values };
        break;
    }
  }
  return { depth: deepest, values };
}

function endOfString(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] === backslash) at++;
    else if (bytes[at] === quote) return at;
  }
  return bytes.length;
}

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
