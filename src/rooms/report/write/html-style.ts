/** The viewer's style, for screen and paper. The style does not load other files. */
export const HTML_STYLE = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#fbfaf7, #14161a); --surface: light-dark(#ffffff, #1b1e24); --sunken: light-dark(#f3f1ec, #101216);
  --line: light-dark(#e3dfd6, #2d323b); --ink: light-dark(#1d1f23, #e9e7e2); --ink-soft: light-dark(#53565c, #b0b3ba);
  --accent: light-dark(#0b5a6b, #6cc5d6);
  --pass: light-dark(#2a5d4f, #6fb39f); --pass-soft: light-dark(#e6f1ed, #1b2f29);
  --fail: light-dark(#b3261e, #f08a80); --fail-soft: light-dark(#fbe9e7, #3b1f1d);
  --partial: light-dark(#8a4f00, #e6a84e); --partial-soft: light-dark(#faf0dd, #372a14);
  --open: light-dark(#4b4e96, #a3a6e8); --open-soft: light-dark(#ecedf8, #25263f);
  --mono: ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace;
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 0.9375rem/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; }
h1 { font-size: 1.625rem; line-height: 1.25; margin: 0 0 0.25rem; }
h2 { font-size: 1.3125rem; margin: 2.5rem 0 0.75rem; padding-bottom: 0.25rem; border-bottom: 2px solid var(--line); }
h3 { font-size: 1.0625rem; margin: 0; } h4 { font-size: 0.9375rem; margin: 0; }
p { margin: 0.35rem 0; } a { color: var(--accent); }
.lead { color: var(--ink-soft); margin-bottom: 1.25rem; }
.warning { border: 1px solid var(--fail); border-left-width: 5px; background: var(--fail-soft); padding: 0.6rem 0.9rem; border-radius: 6px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1.25rem; margin: 0.5rem 0; }
dt { color: var(--ink-soft); } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: 0.8125rem; margin: 0.5rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.6rem 0.25rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { color: var(--ink-soft); font-weight: 600; overflow-wrap: normal; } td a { white-space: nowrap; }
.sample td:nth-child(4), .sample td:nth-child(5) { white-space: nowrap; }
.inventory table { table-layout: fixed; font-size: 0.75rem; } .inventory code { font-size: 0.6875rem; }
.inventory th:nth-child(1) { width: 24%; } .inventory th:nth-child(2) { width: 12%; } .inventory th:nth-child(3) { width: 23%; }
.inventory th:nth-child(4) { width: 18%; } .inventory th:nth-child(5) { width: 9%; } .inventory th:nth-child(6) { width: 8%; }
.clause { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.25rem; margin: 0 0 1rem; }
.clause > header, .check > header { display: flex; gap: 0.75rem; align-items: baseline; justify-content: space-between; }
.question { color: var(--ink-soft); }
.check { border-top: 1px solid var(--line); margin-top: 0.75rem; padding-top: 0.75rem; }
.small { font-size: 0.8125rem; color: var(--ink-soft); }
.verdict { white-space: nowrap; font-size: 0.75rem; font-weight: 600; border-radius: 999px; padding: 0.1rem 0.6rem; border: 1px solid currentcolor;
  color: var(--open); background: var(--open-soft); }
.verdict.pass { color: var(--pass); background: var(--pass-soft); }
.verdict.fail, .verdict.error { color: var(--fail); background: var(--fail-soft); }
.verdict.partial, .verdict.no-evidence { color: var(--partial); background: var(--partial-soft); }
.verdict.not-applicable { color: var(--ink-soft); background: var(--sunken); }
code, pre { font-family: var(--mono); font-size: 0.75rem; overflow-wrap: anywhere; white-space: pre-wrap; }
pre { background: var(--sunken); border-radius: 6px; padding: 0.6rem 0.75rem; margin: 0.4rem 0; }
.proof { margin: 0.5rem 0; break-inside: avoid; }
ul { margin: 0.35rem 0; padding-left: 1.25rem; }
@page { margin: 16mm 14mm; }
@media screen and (max-width: 48rem) {
  .sample, .inventory { overflow-x: auto; } .sample table, .inventory table { min-width: 46rem; }
}
@media print {
  :root { color-scheme: light; }
  body { max-width: none; padding: 0; background: none; font-size: 9.5pt; }
  .clause { break-inside: auto; border-color: var(--line); } header, h2, h3, h4 { break-after: avoid; }
  tr, .warning { break-inside: avoid; } a { color: inherit; text-decoration: none; }
}
`;
