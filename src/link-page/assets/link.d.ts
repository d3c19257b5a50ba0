/** What happens on the page, as it is told to the page that opened it. Nothing of the key is in it. */
export interface LinkMessage {
  readonly source: 'bitmart-sync';
  readonly type: 'opened' | 'checking' | 'refused' | 'linked' | 'exited';
  readonly sessionId: string;
  /** How many keys were tried so far. */
  readonly attempt: number;
  readonly accountId?: string;
  /** What is wrong with the key, by code; the page says it in the user's language. */
  readonly problems?: readonly { readonly code: string; readonly stream?: string }[];
}

export interface OpenLinkOptions {
  /** Of `createLinkSession`. Its `origin` must be this page's. */
  readonly url: string;
  /** A popup that the browser blocks is shown as a frame. @default 'popup' */
  readonly mode?: 'popup' | 'frame' | 'redirect';
  /** Of the frame, for screen readers. @default 'Link BitMart' */
  readonly title?: string;
  /** Once, as soon as the account is linked. The page stays open until its user closes it. */
  readonly onLinked?: (linked: { readonly sessionId: string; readonly accountId: string }) => void;
  /** Once, last of all, when the page is gone. The session id is null where the page was closed before it was shown. */
  readonly onExit?: (exit: { readonly sessionId: string | null; readonly outcome: 'linked' | 'exited' }) => void;
  /** Everything that happens, each thing once. */
  readonly onEvent?: (message: LinkMessage) => void;
}

export interface OpenedLink {
  /** Ends the session unless its account is linked, and removes the page. */
  close(): void;
}

/** Opens the connection page. Opened a second time with the same URL, the page that is there stays. */
export function openLink(options: OpenLinkOptions): OpenedLink;
