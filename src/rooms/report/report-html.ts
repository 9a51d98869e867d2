import { escapeHtml } from '../../monitoring/keep/lifecycle/erasure/subject-report.js';
import { RESULT_MEANINGS, RESULTS, type Result } from './check.js';
import type { Report, ReportedCheck, ReportedClause } from './report.js';

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#e3dfd6, #2d323b); --soft: light-dark(#53565c, #b0b3ba); --sunken: light-dark(#f3f1ec, #101216);
  --met: light-dark(#2a5d4f, #6fb39f); --not-met: light-dark(#b3261e, #f08a80); --cannot-tell: light-dark(#8a4f00, #e6a84e); --not-applicable: var(--soft); }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem; font: 15px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { margin: 2.5rem 0 0.75rem; border-bottom: 2px solid var(--line); } h3, h4 { margin: 0; } p { margin: 0.35rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1.25rem; } dt, th, .small { color: var(--soft); font-size: 0.8125rem; } dd { margin: 0; }
dd, td, code, pre { overflow-wrap: anywhere; } pre { background: var(--sunken); padding: 0.6rem 0.75rem; white-space: pre-wrap; } code, pre { font-size: 0.75rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.6rem 0.25rem 0; border-bottom: 1px solid var(--line); }
header { display: flex; gap: 0.75rem; align-items: baseline; justify-content: space-between; }
.clause, .check { border-top: 1px solid var(--line); padding: 0.75rem 0; } .check { margin-left: 1.25rem; } .warning { border-left: 5px solid var(--not-met); padding-left: 0.9rem; }
.result { white-space: nowrap; font-size: 0.75rem; font-weight: 600; border-radius: 999px; padding: 0.1rem 0.6rem; border: 1px solid; }
${RESULTS.map((result) => `.${result} { color: var(--${result}); }`).join(' ')}
@media print { :root { color-scheme: light; } body { max-width: none; padding: 0; font-size: 9.5pt; } header, h2 { break-after: avoid; } tr { break-inside: avoid; } }
`;

/** Returns a report as one HTML page, with neither scripts nor external resources. The page shows what the report's JSON contains. */
export function reportHtml({ framework, scope, clauses, checks, notes }: Report): string {
  const title = `${framework.title} ${framework.version}: what the audit ledger shows`;
  const { cut, checkpoint = '', root = 'none', asOf = 'nothing is sealed yet', firstAt = '', lastAt = '' } = scope;
  const facts = {
    'Time range': `${scope.from} to ${scope.to}, exclusive`,
    'Events in it': `${scope.events}${firstAt === '' ? '' : `, from ${firstAt} to ${lastAt}`}`,
    ...{ Retention: scope.retention, Completeness: scope.completeness, 'As of': asOf },
    ...{ 'Sealed events': String(scope.size), Root: root },
  };
  const counts = RESULTS.map((result) => [result, clauses.filter((clause) => clause.result === result).length] as const)
    .filter(([, count]) => count > 0)
    .map(([result, count]) => row(badge(result), String(count), RESULT_MEANINGS[result]));
  const list = clauses.map((each) =>
    row(`<a href="#${anchor(each.id)}">${escapeHtml(each.id)}</a>`, text(each.title), badge(each.result)),
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p>Ledger ${text(scope.origin)}. This page has evidence for an auditor. It does not judge whether a law or a standard is met.</p>
${cut ? `<p class="warning"><strong>Not all events were read.</strong> The report covers only the newest ${cut.read} of ${cut.of} events of the time range. Raise --max-events to read all.</p>` : ''}
<h2 id="scope">Scope</h2>
<dl>
${Object.entries(facts)
  .map(([name, value]) => `<dt>${name}</dt><dd>${text(value)}</dd>`)
  .join('\n')}
</dl>
${checkpoint === '' ? '' : `<p class="small">The signed checkpoint:</p>\n<pre>${escapeHtml(checkpoint)}</pre>`}
<h2 id="summary">Summary</h2>
${table(['Result', 'Clauses', 'Meaning'], counts)}
${table(['Clause', 'About', 'Result'], list)}
<h2 id="clauses">Clauses</h2>
<p class="small">To read the events that a check counted, export them with their proofs, once for each of its filters: <code>nestjs-audit-ledger export &lt;filter&gt; --mark ${scope.size} --proofs --output events.jsonl</code></p>
${clauses.map((each) => clauseHtml(each, checks)).join('\n')}
<h2 id="notes">What this report does not show</h2>
<ul>
${notes.map((note) => `<li>${text(note)}</li>`).join('\n')}
</ul>
</main>
</body>
</html>
`;
}

function clauseHtml(
  { id, title, question, result, checks: names, manual }: ReportedClause,
  all: readonly ReportedCheck[],
) {
  const checks = all.filter((check) => names.includes(check.id));
  return `<section class="clause" id="${anchor(id)}">
<header><h3>${escapeHtml(id)} ${text(title)}</h3>${badge(result)}</header>
<p class="small">${text(question)}</p>
${checks.map((check) => (check.clauses[0] === id ? checkHtml(check) : againHtml(check))).join('\n')}
${manual.length === 0 ? '' : `<div class="check"><h4>Left to a person</h4>\n<ul>\n${manual.map((step) => `<li>${text(step)}</li>`).join('\n')}\n</ul></div>`}
</section>`;
}

function againHtml({ id, title, result, answer }: ReportedCheck): string {
  return `<div class="check"><header><h4>${text(title)}</h4>${badge(result)}</header>
<p>${text(answer)} <a href="#${anchor(id)}">The check is above.</a></p></div>`;
}

function checkHtml({
  id,
  title,
  result,
  answer,
  lookedAt,
  doesNotProve,
  figures,
  filters = [],
}: ReportedCheck): string {
  const values = Object.entries(figures).map(([name, value]) => `${name}: ${value}`);
  return `<div class="check" id="${anchor(id)}">
<header><h4>${text(title)} <span class="small">${escapeHtml(id)}</span></h4>${badge(result)}</header>
<p>${text(answer)}</p>
<p class="small">${values.length === 0 ? '' : `Figures: ${text(values.join(' · '))}<br>`}Looked at: ${text(lookedAt)}<br>Does not prove: ${text(doesNotProve)}</p>
${filters.map((filter) => `<pre>${escapeHtml(filter)}</pre>`).join('\n')}
</div>`;
}

/** The cells must already be HTML. */
function row(...cells: readonly string[]): string {
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

function table(names: readonly string[], rows: readonly string[]): string {
  return `<table>\n<thead><tr>${names.map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead>\n<tbody>\n${rows.join('\n')}\n</tbody>\n</table>`;
}

function badge(result: Result): string {
  return `<span class="result ${result}">${result.replace('-', ' ')}</span>`;
}

/** `<bdi>` isolates the text's writing direction from the text beside it. */
function text(value: string): string {
  return `<bdi>${escapeHtml(value)}</bdi>`;
}

function anchor(id: string): string {
  return id.replace(/[^A-Za-z0-9.-]/g, '-');
}
