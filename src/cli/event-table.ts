import type { LedgerEvent } from '../modules/monitoring/query/ledger-event.js';

const COLUMNS: Readonly<Record<string, (event: LedgerEvent) => string | undefined>> = {
  time: ({ occurredAt }) => occurredAt,
  type: ({ type }) => type,
  outcome: ({ outcome }) => outcome,
  actor: ({ actor }) => [actor.type, actor.id].filter((part) => part !== undefined).join('/'),
  resource: ({ resource }) => resource && [resource.type, resource.id].filter((part) => part !== undefined).join('/'),
  changed: ({ changes }) => pathsOf(changes?.diff).join(' '),
  tenant: ({ tenantId }) => tenantId,
  ip: ({ request }) => request?.ip,
  archive: ({ archive }) => archive,
  id: ({ id }) => id,
};

function pathsOf(diff: unknown): readonly unknown[] {
  return Array.isArray(diff) ? diff.map((entry: { readonly path?: unknown }) => entry.path) : [];
}

/** A cell is cut behind so many characters. */
const WIDEST = 60;

/** Events as a table for a terminal, a line each; columns that none of them fills are left out. */
export function eventTable(events: readonly LedgerEvent[]): string {
  const columns = Object.entries(COLUMNS)
    .map(([name, valueOf]) => [name.toUpperCase(), ...events.map((event) => plain(valueOf(event) ?? ''))])
    .filter(([, ...cells]) => cells.some((cell) => cell !== ''));
  const widths = columns.map((cells) => Math.max(...cells.map(({ length }) => length)));
  const lines = [undefined, ...events].map((_, nth) =>
    columns
      .map((cells, at) => (cells[nth] ?? '').padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return events.length === 0 ? '' : `${lines.join('\n')}\n`;
}

const LINE_WIDTHS = [24, 28, 9] as const;

/** An event as a line of its own: of a list whose end is not known, no column has a right width. */
export function eventLine(event: LedgerEvent): string {
  const values = Object.values(COLUMNS).map((valueOf) => plain(valueOf(event) ?? ''));
  return values
    .map((value, at) => value.padEnd(LINE_WIDTHS[at] ?? 0))
    .filter((value) => value !== '')
    .join('  ')
    .trimEnd();
}

/** What an event holds was written by others: a terminal would obey its control characters. */
function plain(text: string): string {
  const shown = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{FFFD}');
  return shown.length > WIDEST ? `${shown.slice(0, WIDEST - 1)}…` : shown;
}
