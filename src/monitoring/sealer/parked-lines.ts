import { buildOwnEvent, EVENT_NAME_PATTERN, parseJson } from '../../audit/nest-free.js';
import { insertRows } from '../inbox/inbox-row.js';
import type { InboxKeys } from '../store/inbox-keys.js';
import { isEventId } from '../inbox/check-event.js';
import { appendEvents } from '../inbox/append-own-event.js';
import { selectTimeText } from '../store/ledger-row.js';
import type { LedgerQueries, LedgerSession } from '../store/sessions/ledger-session.js';
import { lifecycleErrors } from '../errors/keep.errors.js';

const PAGE_LINES = 20;
const LINES_PER_EVENT = 100;

const LIST = `
  SELECT number, ${selectTimeText('parked_at')} AS parked_at, ${selectTimeText('stored_at')} AS stored_at, reason, line
    FROM audit_parked WHERE number > $1 ORDER BY number LIMIT ${PAGE_LINES}`;
const COUNT = 'SELECT count(*) AS lines FROM audit_parked';
const MISSING =
  'SELECT number FROM unnest($1::bigint[]) AS number WHERE number NOT IN (SELECT number FROM audit_parked)';
const LAST = 'SELECT coalesce(max(number), 0) AS number FROM audit_parked';
const TAKE = `
  DELETE FROM audit_parked WHERE number IN (
    SELECT number FROM audit_parked WHERE number > $1 AND number <= $2 AND (number = ANY ($3::bigint[]) OR $3 IS NULL)
     ORDER BY number LIMIT ${PAGE_LINES})
  RETURNING number, version, seed, mac, line`;
const DISCARD = `
  DELETE FROM audit_parked WHERE number = ANY ($1::bigint[])
  RETURNING number, line, encode(sha256(seed || convert_to(line, 'UTF8')), 'hex') AS sha256`;

const SELECT_ACTS = `
  SELECT parked.number, act.number AS act FROM audit_parked parked
    JOIN audit_act act ON strpos(parked.line, '{"event":{"id":"' || act.event_id || '"') > 0
   WHERE parked.number = ANY ($1::bigint[]) AND NOT EXISTS (SELECT FROM audit_leaf WHERE event_id = act.event_id) LIMIT 1`;

/** A parked line without its values, which may be personal. */
export interface ListedLine {
  readonly number: number;
  readonly parkedAt: string;
  readonly storedAt: string;
  /** The type and the id of the first event; absent if the line has none. */
  readonly type?: string;
  readonly id?: string;
  /** The number of lines: a row without a valid signature has one number. */
  readonly lines: number;
  readonly reason: string;
}

/** Returns the oldest parked lines, `limit` or a few more, and the number of all. Rejects with the error of the PostgreSQL client. */
export async function listParkedLines(
  session: LedgerQueries,
  limit: number,
): Promise<{ readonly lines: readonly ListedLine[]; readonly total: number }> {
  const [all] = await session.rows(COUNT);
  const lines: ListedLine[] = [];
  while (lines.length < limit) {
    const rows = await session.rows(LIST, [lines.at(-1)?.number ?? 0]);
    for (const { number, parked_at, stored_at, reason, line } of rows)
      lines.push({
        ...{ number: Number(number), parkedAt: String(parked_at), storedAt: String(stored_at) },
        ...parseEventHeader(String(line)),
        lines: countLines(line),
        reason: String(reason),
      });
    if (rows.length < PAGE_LINES) break;
  }
  return { lines, total: Number(all?.lines) };
}

function parseEventHeader(line: string): Pick<ListedLine, 'type' | 'id'> {
  try {
    const [first = ''] = line.split('\n', 1);
    const { event } = Object(parseJson(first)) as { readonly event?: unknown }; // Object() returns an object
    const { type, id } = Object(event) as { readonly type?: unknown; readonly id?: unknown };
    const isType = typeof type === 'string' && EVENT_NAME_PATTERN.test(type);
    return { ...(isType && { type }), ...(isEventId(id) && { id }) };
  } catch {
    return {};
  }
}

export function countLines(body: unknown): number {
  return String(body).split('\n').length;
}

/** Which lines to retry: those with these numbers, or all. */
interface RetryRequest {
  /** The numbers; `undefined` for all lines. */
  readonly numbers?: readonly number[] | undefined;
  /** The keys of which the first signs the lines; `undefined` if they keep their signatures. */
  readonly writer?: InboxKeys | undefined;
  /** Called with the numbers that no line has. */
  readonly refuse: (missing: readonly number[]) => never;
}

/**
 * Moves parked lines back to the inbox with their seeds, in their order. Resolves with the number of moved lines. Rejects with the
 * error of the PostgreSQL client.
 */
export async function retryParkedLines(
  session: LedgerSession,
  { numbers, writer, refuse }: RetryRequest,
): Promise<number> {
  return session.inTransaction(async () => {
    if (numbers) await assertExisting(session, numbers, refuse);
    const [last] = await session.rows(LAST);
    const requested = [last?.number, numbers ?? null];
    let retried = 0;
    for (let after: unknown = 0; ;) {
      const rows = (await session.rows(TAKE, [after, ...requested])).toSorted(compareByNumber);
      for (const row of rows) {
        const line = { version: Number(row.version), seed: row.seed as Buffer, body: String(row.line) }; // the column's type
        const macs = [writer?.computeMac(line) ?? (row.mac as Buffer | null)]; // the column's type
        await session.query(insertRows({ version: line.version, seeds: [line.seed], macs, bodies: [line.body] }));
      }
      retried += rows.length;
      after = rows.at(-1)?.number;
      if (after === undefined) break;
    }
    return retried;
  });
}

interface DiscardRequest extends Pick<RetryRequest, 'refuse'> {
  readonly numbers: readonly number[];
  readonly by: string;
  readonly reason: string;
}

/**
 * Removes parked lines for good, and records events with their digests. Rejects with the error of the PostgreSQL client.
 *
 * @throws `AUDIT_ACT_PARKED` for the event of an act
 */
export async function discardParkedLines(
  session: LedgerSession,
  { numbers, by, reason, refuse }: DiscardRequest,
): Promise<void> {
  await session.inTransaction(async () => {
    await assertExisting(session, numbers, refuse);
    const [act] = await session.rows(SELECT_ACTS, [numbers]);
    if (act) throw lifecycleErrors.AUDIT_ACT_PARKED(Number(act.number), Number(act.act));
    const rows = (await session.rows(DISCARD, [numbers])).toSorted(compareByNumber);
    const events = Array.from({ length: Math.ceil(rows.length / LINES_PER_EVENT) }, (_, nth) => {
      const part = rows.slice(nth * LINES_PER_EVENT, (nth + 1) * LINES_PER_EVENT);
      return buildOwnEvent('audit_lines_discarded', {
        ...{ category: 'system', severity: 'warning', outcome: 'success', actor: { type: 'admin', id: by }, reason },
        details: {
          numbers: part.map(({ number }) => Number(number)),
          sha256: part.map(({ sha256 }) => String(sha256)),
          lines: part.reduce((sum, { line }) => sum + countLines(line), 0),
        },
      });
    });
    await appendEvents(session, events);
  });
}

async function assertExisting(
  session: LedgerQueries,
  numbers: readonly number[],
  refuse: RetryRequest['refuse'],
): Promise<void> {
  const missing = await session.rows(MISSING, [numbers]);
  if (missing.length > 0) refuse(missing.map(({ number }) => Number(number)));
}

type Numbered = Readonly<Record<string, unknown>>;

function compareByNumber({ number: one }: Numbered, { number: other }: Numbered): number {
  return Number(one) - Number(other);
}
