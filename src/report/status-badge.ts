import type { AccountStatus } from '../answers/index.ts';
import { type Html, html } from './html.ts';

const signs: Readonly<Record<AccountStatus, { readonly sign: string; readonly kind: string }>> = {
  live: { sign: '●', kind: 'good' },
  backfilling: { sign: '◐', kind: 'busy' },
  checking: { sign: '◌', kind: 'busy' },
  paused: { sign: '‖', kind: 'busy' },
  'needs-attention': { sign: '▲', kind: 'bad' },
  closed: { sign: '■', kind: 'over' },
  unlinked: { sign: '□', kind: 'over' },
};

/** A status as a word with a sign, so that no reader depends on colours. */
export function statusBadge(status: AccountStatus): Html {
  const { sign, kind } = signs[status];
  return html`<span class="badge ${kind}"><span aria-hidden="true">${sign}</span> ${status}</span>`;
}
