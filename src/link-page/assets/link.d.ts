/** What the connection page reports to the page that opened it. It never holds any part of the key. */
export interface LinkMessage {
  readonly source: 'bitmart-sync';
  readonly type: 'opened' | 'checking' | 'refused' | 'linked' | 'exited';
  readonly sessionId: string;
  /** How many keys have been tried so far. */
  readonly attempt: number;
  readonly accountId?: string;
  /** What is wrong with the key, by code; the page says it in the user's language. */
  readonly problems?: readonly { readonly code: string; readonly stream?: string }[];
}

export interface OpenLinkOptions {
  /** The URL from `createLinkSession`. Its `origin` must be this page's. */
  readonly url: string;
  /** If the browser blocks the popup, the page is shown in a frame. @default 'popup' */
  readonly mode?: 'popup' | 'frame' | 'redirect';
  /** The frame's title, for screen readers. @default 'Link BitMart' */
  readonly title?: string;
  /** Once, as soon as the account is linked. The page stays open until its user closes it. */
  readonly onLinked?: (linked: { readonly sessionId: string; readonly accountId: string }) => void;
  /** Once, at the very end, when the page is gone. The session id is null if the page was closed before it was shown. */
  readonly onExit?: (exit: { readonly sessionId: string | null; readonly outcome: 'linked' | 'exited' }) => void;
  /** Every message, each once. */
  readonly onEvent?: (message: LinkMessage) => void;
}

export interface OpenedLink {
  /** Ends the session unless its account is linked, and removes the page. */
  close(): void;
}

/** Opens the connection page. If it is already open with the same URL, it stays open. */
export function openLink(options: OpenLinkOptions): OpenedLink;
