import type { ReportedEvent, ReportPart } from './subject-report.js';

const HEAD = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What the audit ledger holds about you</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1c; }
h2 { margin-top: 2.5rem; }
article { border-top: 1px solid #ccc; padding: .75rem 0; }
h3 { margin: 0; font-size: 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .25rem 0; }
dt { color: #555; }
dd { margin: 0; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font: inherit; }
</style>
</head>
<body>
`;

const TITLES = {
  event: 'What happened',
  archived: 'What happened (events in archives)',
  erasure: 'What was erased',
  row: 'What other parts of the application store',
} as const;

/** Writes a report as an HTML page without scripts and external resources. */
export async function* reportHtml(parts: AsyncIterable<ReportPart>): AsyncGenerator<string> {
  let shown: keyof typeof TITLES | undefined;
  for await (const part of parts) {
    if (part.kind === 'head') {
      yield HEAD;
      yield `<h1>What the audit ledger holds about you</h1>\n`;
      yield list({
        'Your id': part.subjectId,
        'As of': part.reportedAt,
        'Sealed up to': part.checkpoint ?? 'nothing yet',
        ...(part.waitingEvents > 0 && {
          'Missing here': `${part.waitingEvents} events of anybody that are not sealed yet`,
        }),
      });
      continue;
    }
    const section = part.kind === 'event' && part.event.archive !== undefined ? 'archived' : part.kind;
    if (section !== shown) yield `<h2>${TITLES[section]}</h2>\n`;
    shown = section;
    if (part.kind === 'event') yield article(`${part.event.type}, ${part.event.occurredAt}`, factsOf(part.event));
    else if (part.kind === 'erasure') yield article(`Erasure ${part.erasure.id}`, { ...part.erasure });
    else yield article(part.backend, part.row);
  }
  if (shown === undefined) yield '<p>Nothing.</p>\n';
  yield '</body>\n</html>\n';
}

function factsOf(event: ReportedEvent): Readonly<Record<string, unknown>> {
  const { id, index } = event;
  const facts = Object.entries(event).filter(([name]) => !['type', 'occurredAt', 'index'].includes(name));
  const place = index === undefined ? 'not sealed yet' : `${index}, proven by /audit/events/${id}/proof`;
  return { ...Object.fromEntries(facts), 'place in the ledger': place };
}

function article(title: string, facts: Readonly<Record<string, unknown>>): string {
  return `<article>\n<h3>${escapeHtml(title)}</h3>\n${list(facts)}</article>\n`;
}

function list(facts: Readonly<Record<string, unknown>>): string {
  const items = Object.entries(facts)
    .filter(([, value]) => !isEmpty(value))
    .map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd><pre>${escapeHtml(textOf(value))}</pre></dd>`);
  return `<dl>\n${items.join('\n')}\n</dl>\n`;
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 1);
}

/** Escapes a text for the content of an element or of a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
