import { escapeHtml } from '../../../monitoring/keep/lifecycle/erasure/report-html.js';
import {
  type Report,
  type ReportedCheck,
  type ReportedClause,
  type ReportScope,
  VERDICT_MEANINGS,
  VERDICTS,
  type Verdict,
} from '../report.js';
import { HTML_STYLE } from './html-style.js';
import type { LogInventory } from '../log-inventory.js';

/** Returns a report as one HTML page, with neither scripts nor external resources. */
export function reportHtml(report: Report): string {
  const { framework, scope, clauses, checks, inventory, gaps } = report;
  const title = `${framework.title} ${framework.version}: what the audit ledger shows`;
  const shown = new Set<string>();
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${HTML_STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p class="lead">Ledger ${text(scope.origin)}. This page has evidence for an auditor. It does not judge whether a law or a standard is met.</p>
${cutHtml(scope)}${scopeHtml(scope)}
${summaryHtml(report)}
<h2 id="clauses">Clauses</h2>
<p class="small">To repeat a count, run the query of a check in psql, as a login that may read the ledger. First set the ledger’s schema, and that you read all events: <code>SET search_path = audit; SET audit.reads = 'all';</code></p>
${clauses.map((clause) => clauseHtml(clause, checks, shown, scope)).join('\n')}
${inventory ? inventoryHtml(inventory) : ''}
${proofsHtml(checks, scope)}
<h2 id="gaps">What this report does not show</h2>
<ul>
${gaps.map((gap) => `<li>${text(gap)}</li>`).join('\n')}
</ul>
</main>
</body>
</html>
`;
}

function cutHtml({ cut }: ReportScope): string {
  if (!cut) return '';
  return `<p class="warning"><strong>Not all events were read.</strong> The report covers only the newest ${cut.read} of ${cut.of} events of the time range. Raise --max-events to read all.</p>\n`;
}

function scopeHtml(scope: ReportScope): string {
  const facts: readonly (readonly [string, string])[] = [
    ['Time range', `${scope.from} to ${scope.to}, exclusive`],
    [
      'Events in it',
      `${scope.events}${scope.firstAt === undefined ? '' : `, from ${scope.firstAt} to ${scope.lastAt ?? ''}`}`,
    ],
    ['Retention', scope.retention],
    ['Completeness', scope.completeness],
    ['As of', scope.asOf ?? 'nothing is sealed yet'],
    ['Sealed events', String(scope.size)],
    ...(scope.root === undefined ? [] : [['Root', scope.root] as const]),
  ];
  const list = facts.map(([name, value]) => `<dt>${name}</dt><dd>${text(value)}</dd>`).join('\n');
  const note =
    scope.checkpoint === undefined
      ? ''
      : `<p class="small">The signed checkpoint of all proofs below:</p>\n<pre>${escapeHtml(scope.checkpoint)}</pre>`;
  return `<h2 id="scope">Scope</h2>\n<dl>\n${list}\n</dl>\n${note}`;
}

function summaryHtml({ verdicts, clauses }: Report): string {
  const meanings = VERDICTS.filter((verdict) => verdicts[verdict] > 0).map((verdict) =>
    row([badge(verdict), String(verdicts[verdict]), VERDICT_MEANINGS[verdict]]),
  );
  const list = clauses.map(({ id, title, verdict }) =>
    row([`<a href="#${anchor(id)}">${escapeHtml(id)}</a>`, escapeHtml(title), badge(verdict)]),
  );
  return `<h2 id="summary">Summary</h2>\n${table(['Verdict', 'Clauses', 'Meaning'], meanings)}\n${table(['Clause', 'About', 'Verdict'], list)}`;
}

function clauseHtml(
  { id, title, question, verdict, answer, checks: names, manual }: ReportedClause,
  all: readonly ReportedCheck[],
  shown: Set<string>,
  scope: ReportScope,
): string {
  const checks = all
    .filter((check) => names.includes(check.id))
    .map((check) => {
      const isShown = shown.has(check.id);
      shown.add(check.id);
      return isShown ? againHtml(check) : checkHtml(check, scope);
    });
  const people = manual.map((step) => `<li>${badge('manual')} ${text(step)}</li>`).join('\n');
  return `<section class="clause" id="${anchor(id)}">
<header><h3>${escapeHtml(id)} ${escapeHtml(title)}</h3>${badge(verdict)}</header>
<p class="question">${text(question)}</p>
<p>${text(answer)}</p>
${checks.join('\n')}
${people === '' ? '' : `<div class="check"><h4>Left to a person</h4>\n<ul>\n${people}\n</ul></div>`}
</section>`;
}

function againHtml({ id, title, verdict, answer }: ReportedCheck): string {
  return `<div class="check"><header><h4>${text(title)}</h4>${badge(verdict)}</header>
<p>${text(answer)} <a href="#${anchor(id)}">The check is above.</a></p></div>`;
}

function checkHtml(check: ReportedCheck, scope: ReportScope): string {
  const { id, kind, title, verdict, answer, proves, doesNotProve, query } = check;
  const figures = Object.entries(check.figures).map(([name, value]) => `${name}: ${value}`);
  return `<div class="check" id="${anchor(id)}">
<header><h4>${text(title)} <span class="small">${escapeHtml(id)}, ${kind}</span></h4>${badge(verdict)}</header>
<p>${text(answer)}</p>
${figures.length === 0 ? '' : `<p class="small">Figures: ${text(figures.join(' · '))}</p>`}
<p class="small">Proves: ${text(proves)}<br>Does not prove: ${text(doesNotProve)}</p>
${kind === 'attestation' ? '' : `<pre>${escapeHtml(query)}</pre>`}
${sampleHtml(check, scope)}
</div>`;
}

function sampleHtml({ sample }: ReportedCheck, { size }: ReportScope): string {
  if (!sample) return '';
  const rows = sample.events.map((event) =>
    row([
      `<a href="#proof-${event.index}">${event.index}</a>`,
      escapeHtml(event.occurredAt),
      escapeHtml(event.type),
      escapeHtml(event.outcome),
      escapeHtml(event.actorType),
      text(event.resource ?? ''),
      `<code>${escapeHtml(event.id)}</code>`,
    ]),
  );
  const names = ['Index', 'Time', 'Event type', 'Outcome', 'Actor', 'Resource', 'Id'];
  return `<p class="small">${sample.events.length} of ${sample.population} events, drawn by the seed <code>${escapeHtml(sample.seed)}</code> in the order of SHA-256(seed, “:”, id), from the checkpoint of ${size}:</p>
<div class="sample" tabindex="0">${table(names, rows)}</div>`;
}

function proofsHtml(checks: readonly ReportedCheck[], { size }: ReportScope): string {
  const events = checks.flatMap(({ sample }) => sample?.events ?? []);
  const byPlace = new Map(events.map((event) => [event.index, event]));
  if (byPlace.size === 0) return '';
  const proofs = [...byPlace.values()]
    .toSorted((one, other) => one.index - other.index)
    .map(
      ({ index, leafHash, hashes }) =>
        `<p class="proof" id="proof-${index}"><strong>${index}</strong> leaf <code>${escapeHtml(leafHash)}</code> path <code>${escapeHtml(hashes.join(' ') || 'none: the log has only this leaf, or a tile is missing')}</code></p>`,
    );
  return `<h2 id="proofs">Proofs of the sampled events</h2>
<p class="small">Each path leads from the hash of the event’s leaf to the root of the checkpoint of ${size} (RFC 6962). <code>nestjs-audit-ledger verify</code> checks the samples of a bundle.</p>
${proofs.join('\n')}`;
}

function inventoryHtml({ types, common, tables, places, readers }: LogInventory): string {
  const rows = types.map(({ type, category, recordedBy, fields, personal, retention, events }) =>
    row([
      `<code>${escapeHtml(type)}</code>`,
      escapeHtml(category),
      escapeHtml(recordedBy.join(', ')),
      escapeHtml(fields.join(', ')),
      escapeHtml(personal.join(', ')),
      escapeHtml(retention),
      String(events),
    ]),
  );
  const names = ['Event type', 'Category', 'Recorded by', 'Detail fields', 'Personal', 'Retention', 'Events'];
  return `<h2 id="inventory">Log inventory</h2>
${list('Stores of events', places)}
${list('Readers', readers)}
${list('Captured tables', tables)}
${list('Fields of each event', common)}
<div class="inventory" tabindex="0">
${table(names, rows)}
</div>`;
}

function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  return `<h4>${title}</h4>\n<ul>\n${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('\n')}\n</ul>`;
}

/** The cells must already be HTML. */
function row(cells: readonly string[]): string {
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

function table(names: readonly string[], rows: readonly string[]): string {
  return `<table>\n<thead><tr>${names.map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead>\n<tbody>\n${rows.join('\n')}\n</tbody>\n</table>`;
}

function badge(verdict: Verdict): string {
  return `<span class="verdict ${verdict}">${verdict}</span>`;
}

/** `<bdi>` isolates the text's writing direction from the text beside it. */
function text(value: string): string {
  return `<bdi>${escapeHtml(value)}</bdi>`;
}

function anchor(id: string): string {
  return id.replace(/[^A-Za-z0-9.-]/g, '-');
}
