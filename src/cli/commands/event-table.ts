import { fitTable } from './fit-table.js';
import { amountOf } from '../../monitoring/read/query/search-language/amount-of.js';
import { soughtIn } from '../../monitoring/read/query/search-language/sought-in.js';
import { acceptedAt } from '../../monitoring/store/id-time.js';
import { plain } from '../nest-free.js';
import type { LedgerEvent } from '../../monitoring/read/query/ledger-event.js';

const COLUMNS: Readonly<Record<string, (event: LedgerEvent) => string | undefined>> = {
  time: acceptedAt,
  type: ({ type }) => type,
  outcome: ({ outcome }) => outcome,
  severity: ({ severity }) => (severity === 'info' ? undefined : severity),
  actor: ({ actor, names, details }) => called(actor, actor.name ?? names?.actor ?? triedName(actor, details)),
  resource: ({ resource, names }) => resource && called(resource, names?.resource),
  reason: ({ reason, details }) => reason ?? textOf(details.reason),
  amount: ({ details }) => amountOf(details),
  sought: ({ details }) =>
    soughtIn(details)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  changed: ({ changes }) => listOf(changes?.diff).map(becameOf).join(', '),
  tenant: ({ tenantId }) => tenantId,
  ip: ({ request }) => request?.ip,
  archive: ({ archive }) => archive,
  id: ({ id }) => id,
};

function called({ type, id }: { readonly type: string; readonly id?: string }, name: string | undefined): string {
  const own = id === undefined ? type : `${type}/${id}`;
  return name === undefined || name === id ? own : `${own} (${name})`;
}

/** Returns the name with which somebody tried to log in, since the actor of a failed log-in has no id. */
function triedName({ id }: LedgerEvent['actor'], details: LedgerEvent['details']): string | undefined {
  return id === undefined ? textOf(details.username ?? details.email) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function listOf(diff: unknown): readonly Changed[] {
  return Array.isArray(diff) ? (diff as readonly Changed[]) : []; // the ledger's own diff has such entries
}

interface Changed {
  readonly path: string;
  readonly from?: unknown;
  readonly to?: unknown;
}

function becameOf({ path, from, to }: Changed): string {
  const [before, after] = [from, to].map((value) =>
    typeof value === 'string' ? value : JSON.stringify(value ?? null),
  );
  const isLong = [from, to].some((value) => typeof value === 'object' && value !== null);
  return isLong ? path : `${path}: ${before} → ${after}`;
}

const WIDEST = 80;

/** Formats events as a table of at most `width` characters. Columns that have no value for any event are omitted. */
export function eventTable(events: readonly LedgerEvent[], width: number): readonly string[] {
  if (events.length === 0) return [];
  const columns = Object.entries(COLUMNS)
    .map(([name, valueOf]) => [name.toUpperCase(), ...events.map((event) => cut(valueOf(event) ?? ''))])
    .filter(([, ...cells]) => cells.some((cell) => cell !== ''));
  const [head = [], ...rows] = [undefined, ...events].map((_, nth) => columns.map((cells) => cells[nth] ?? ''));
  return fitTable(head, rows, width);
}

function cut(text: string): string {
  const shown = plain(text); // a tab or a line break would widen the cell
  return shown.length > WIDEST ? `${shown.slice(0, WIDEST - 1)}…` : shown;
}
