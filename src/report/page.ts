import { Html, html } from './html.ts';

/**
 * A self-contained document: no network, no script. Its policy forbids both, so that not even a mistake of ours could let a
 * user's text run or fetch something.
 */
export function page(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><title>${title}</title>${style}</head><body>${body}</body></html>
`.text;
}

/** Light and dark, wide and narrow; every colour is a variable. */
const style = new Html(`<style>
:root {
  --page: #fff; --text: #1c1f24; --faint: #5a6270; --line: #d5d9e0; --panel: #f5f7fa; --link: #0b57c2; --focus: #0b57c2;
  --good: #11694a; --busy: #7a4b00; --bad: #a8201a; --over: #5a6270;
  --covered: #1f8a62; --unread: #b86e00; --gone: #6b7280; --lost: #c0261f; --dense: #7b3fb5; --barred: #9a4a12;
  --odd: #1f63c4; --bars: #3b6fb0; --ground: #fff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --text: #e4e7ec; --faint: #a3acba; --line: #39404b; --panel: #1d2229; --link: #8ab8ff; --focus: #8ab8ff;
    --good: #6ed3a8; --busy: #f0bf6a; --bad: #ff9b93; --over: #a3acba;
    --covered: #35a37a; --unread: #e8a33d; --gone: #98a1af; --lost: #ff6f66; --dense: #c08cf0; --barred: #e39a5f;
    --odd: #72a8f5; --bars: #7aa7dd; --ground: #14171c;
  }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; overflow-wrap: break-word }
time, .number, .away { white-space: nowrap }
.owner, code, dd { overflow-wrap: anywhere }
header, main { max-width: 74rem; margin: 0 auto; padding: 0 1.25rem }
main { padding-bottom: 4rem }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 1.5rem 0 .25rem }
h2 { font-size: 1.25rem; margin: 2.25rem 0 .5rem }
h3, h4, h5 { font-size: .9rem; margin: 1rem 0 .25rem }
.stream > :first-child { font-size: 1.1rem; margin: 0 0 .5rem }
summary h3 { font-size: 1.1rem; margin: 0; display: inline }
p { margin: .4rem 0; max-width: 70ch }
a { color: var(--link) }
code { font: .875em ui-monospace, "DejaVu Sans Mono", "Liberation Mono", Menlo, monospace }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px }
header p { max-width: none }
header p, .aside { color: var(--faint); font-size: .875rem; font-weight: 400 }
.summary { font-size: 1rem; margin-top: 1rem }
.verdict { display: flex; gap: .75rem; font-size: clamp(1.2rem, 1rem + 1.1vw, 1.6rem); line-height: 1.35; max-width: 46rem; margin: 1.25rem 0 .75rem }
.verdict .mark { font-size: 1.1em }
.mark.good { color: var(--good) } .mark.busy { color: var(--busy) }

.verdict ul { font-size: .66em; line-height: 1.5; margin: .5rem 0 0; padding-left: 1.1rem }
.verdicts > li ul { margin: .2rem 0; padding-left: 1.1rem }
.verdicts summary { padding: 0 }
.verdicts summary + ul { padding-left: 3rem }
.verdicts { list-style: none; margin: 0; padding: 0; display: grid; gap: .4rem; max-width: 46rem }
.verdicts > li { display: flex; gap: .75rem }
.badge { white-space: nowrap; font-weight: 600 }
.badge.good { color: var(--good) } .badge.busy { color: var(--busy) } .badge.bad { color: var(--bad) } .badge.over { color: var(--over) }
.figures { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .75rem }
.figures li { background: var(--panel); border-radius: .5rem; padding: .6rem .8rem; font-size: .875rem; color: var(--faint) }
.figures b { display: block; font-size: 1.6rem; line-height: 1.2; color: var(--text) }
.facts { display: flex; flex-wrap: wrap; gap: .4rem 1.75rem; margin: .75rem 0 }
.facts dt { color: var(--faint); font-size: .8rem } .facts dd { margin: 0 }
.causes { margin: 1rem 0; display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(min(24rem, 100%), 1fr)); align-items: start }
.cause { border-left: 4px solid var(--over); background: var(--panel); border-radius: 0 .4rem .4rem 0; padding: .5rem 1rem; font-size: .95rem }
.cause.error { border-color: var(--bad) } .cause.warning { border-color: var(--busy) }
.cause p { margin: .2rem 0 } .cause ul { margin: .2rem 0; padding-left: 1.2rem; color: var(--faint); font-size: .9rem }
.remedy::before { content: "→ " }
.cause .chip { font-size: .8rem; font-weight: 600; color: var(--over) } .cause.error .chip { color: var(--bad) } .cause.warning .chip { color: var(--busy) }
.commands { font-size: .875rem }
.remarks { margin: .75rem 0 1.25rem }
.stream { border-top: 1px solid var(--line); margin-top: 1.5rem; padding-top: 1.25rem }
.words { font-size: .9rem } .words ol { margin: .25rem 0; padding-left: 1.5rem }
.chart { padding-left: 2.4rem }
.chart + .words { margin-top: .25rem }
svg { display: block; overflow: visible }
.timeline { width: 100%; height: 62px; font-size: 12px; fill: var(--faint) }
.timeline .segment { stroke: var(--ground); stroke-width: 1 }
.density { width: 100%; height: 57px; margin-top: .75rem; border-bottom: 1px solid var(--faint); font-size: 11px; fill: var(--faint) }
.density .bar { fill: var(--bars) } .density .line { fill: var(--line) }
.tick { fill: var(--faint) }
.horizon { fill: var(--text); stroke: var(--text); stroke-width: 2 } rect.horizon { stroke: none }
.risk { fill: none; stroke: var(--lost); stroke-width: 3; stroke-dasharray: 6 3 }
.patterns { position: absolute }
pattern rect { fill: var(--ground) } pattern path, pattern circle { stroke-width: 2; fill: none }
.covered rect { fill: var(--covered) }
.not-yet-read path { stroke: var(--unread) }
.expired-before-link circle { fill: var(--gone) } .expired-unread path { stroke: var(--lost); stroke-width: 2.2 }
.reach-unknown path { stroke: var(--gone); stroke-width: 1.2 } .too-dense path { stroke: var(--dense) }
.refused path { stroke: var(--barred) } .not-opened circle { stroke: var(--gone); stroke-width: 1 }
.quarantined .solid { fill: var(--odd) } .since-last-read path { stroke: var(--gone); stroke-width: 1 }
.legend { list-style: none; padding: 0; margin: .5rem 0; font-size: .9rem; display: grid; gap: .35rem 1.5rem; grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)) }
.legend li { display: flex; gap: .6rem; align-items: flex-start }
.swatch { flex: none; width: 40px; height: 16px; margin-top: .25rem; border: 1px solid var(--line) }
summary { cursor: pointer; padding: .25rem 0 }
.account { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem 1rem; margin: .6rem 0 }
.account[open] { padding-bottom: 1.25rem }
.evidence { font-size: .9rem }
table { border-collapse: collapse; width: 100%; font-size: .9rem }
caption { text-align: left; color: var(--faint); font-size: .875rem; padding: .25rem 0 }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line) }
thead th { color: var(--faint); font-weight: 600; border-bottom-width: 2px }
tbody th { font-weight: 600 }
.fleet tbody th { white-space: nowrap; max-width: 16rem; overflow: hidden; text-overflow: ellipsis }
.fleet .owner { white-space: nowrap; max-width: 15rem; overflow: hidden; text-overflow: ellipsis }
.fleet [data-name="lost after"], .fleet [data-name="complete through"], .fleet [data-name="status"] { white-space: nowrap }
.number { text-align: right; font-variant-numeric: tabular-nums }
.scroll { overflow-x: auto }
.scroll table { min-width: 44rem }
.hash { overflow-wrap: anywhere; font-size: .75em }
@media (max-width: 52rem) {
  header, main { padding-left: .9rem; padding-right: .9rem }
  .cards, .cards tbody, .cards tr, .cards th, .cards td, .cards caption { display: block }
  .cards thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  .cards tr { border: 1px solid var(--line); border-radius: .5rem; margin: .6rem 0; padding: .4rem .7rem }
  .cards th, .cards td { border: 0; padding: .1rem 0; text-align: left }
  .cards td::before { content: attr(data-name) ": "; color: var(--faint) }
  .fleet tbody th, .fleet .owner { max-width: none; white-space: normal; overflow-wrap: anywhere }
}
@media print { .account { break-inside: avoid } }
</style>`);
