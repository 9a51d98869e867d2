import { Inject, Injectable } from '@nestjs/common';
import type { LedgerAccess } from '../../monitoring/read/access/ledger-access.js';
import { firstIdAt, timeOfId } from '../../monitoring/store/id-time.js';
import { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import type { Unseen } from '../../monitoring/http/request.pipe.js';
import { rangeAsked } from '../../monitoring/read/query/time-range.js';
import { firstIndex, newestIndex } from '../../monitoring/read/query/places/sealed-events.service.js';
import { timeText, type LedgerRow } from '../../monitoring/store/ledger-row.js';
import type { GapAct, Gap, Gaps, GapsQuery } from './viewer-reads.dto.js';

const MOST_PLACES = 10_000;

const islandsOf = (places: string): string => `
  SELECT act, min(place) AS first, max(place) AS last, count(*) AS count
    FROM (SELECT act, place, place - row_number() OVER (PARTITION BY act ORDER BY place) AS island FROM (${places}) AS places) AS islands
   GROUP BY act, island`;

const GONE = `
  SELECT place, (SELECT CASE WHEN taken.first_index <= place THEN retirement_id END
                   FROM audit_retired_range AS taken JOIN audit_retirement AS retirement ON retirement.id = retirement_id
                  WHERE taken.last_index >= place AND state IN ('announced', 'retired') ORDER BY taken.last_index LIMIT 1)::text AS act
    FROM generate_series($1::bigint, $2::bigint) AS place
    LEFT JOIN audit_leaf ON index = place LEFT JOIN audit_event ON audit_event.id = event_id
   WHERE audit_event.id IS NULL`;
const RETIRED = `
  SELECT island.first, island.last, island.count, act AS id, event_id, ${timeText('announced_at')} AS at, policy AS reason, archive
    FROM (${islandsOf(GONE)}) AS island LEFT JOIN audit_retirement ON id::text = act ORDER BY first`;

const ERASED = `
  SELECT island.first, island.last, island.count, note, event_id
    FROM (${islandsOf(`SELECT index AS place, audit_erased.act FROM audit_leaf
                         JOIN audit_erased USING (event_id) JOIN audit_event ON audit_event.id = event_id
                        WHERE index BETWEEN $1::bigint AND $2::bigint`)}) AS island
    LEFT JOIN audit_act ON number = act ORDER BY first`;

const HELD = `
  SELECT island.first, island.last, island.count, act AS id, ${timeText('placed_at')} AS at, reason
    FROM (${islandsOf(`SELECT index AS place, hold.id AS act FROM audit_leaf
                         JOIN audit_event AS event ON event.id = event_id
                         JOIN audit_legal_hold AS hold ON audit_hold_covers(hold, event)
                        WHERE index BETWEEN $1::bigint AND $2::bigint`)}) AS island
    JOIN audit_legal_hold ON id = act ORDER BY first`;

/** Finds the events that are absent from the ledger, and the events under a legal hold. */
@Injectable()
export class GapReader {
  constructor(@Inject(LedgerReader) private readonly reader: LedgerReader) {}

  /**
   * Finds gaps in a range of at most 10,000 places. Only readers of the whole ledger get retired and missing events, because the ledger does not
   * store whose events these were. A reader who may only see their own events gets no holds. @throws `AUDIT_QUERY_TOO_SLOW`, `AUDIT_LEDGER_UNAVAILABLE`
   */
  async find(access: LedgerAccess, query: Unseen<GapsQuery>): Promise<Gaps> {
    const { first, last } = await this.rangeOf(access, query);
    const end = Math.min(last, first + MOST_PLACES - 1);
    if (end < first) return { first, last: -1, next: null, gaps: [] };
    const within = (text: string): Promise<readonly LedgerRow[]> =>
      this.reader.eventRows(access, text, [first, end], { jit: 'off' });
    const retired = access.scope === 'all' ? await within(RETIRED) : [];
    const erased = await within(ERASED);
    const held = access.scope === 'subject' ? [] : await within(HELD);
    const gaps = [...retired.map(retiredOf), ...erased.map(erasedOf), ...held.map((row) => heldOf(row, access))];
    return {
      first,
      last: end,
      next: end < last ? end + 1 : null,
      gaps: gaps.toSorted((one, other) => one.first - other.first),
    };
  }

  private async rangeOf(
    access: LedgerAccess,
    { first, last, ...times }: Unseen<GapsQuery>,
  ): Promise<{ first: number; last: number }> {
    const newest = await newestIndex(this.reader, access);
    const { from, to } = rangeAsked(times);
    const firstFrom = async (time: Date): Promise<number> =>
      (await firstIndex(this.reader, access, firstIdAt(time))) ?? newest + 1;
    const begin = first ?? (from === undefined ? undefined : await firstFrom(from));
    const end = last ?? (to === undefined ? newest : await newestIndex(this.reader, access, firstIdAt(to)));
    const until = Math.min(end, newest);
    return { first: begin ?? Math.max(until - MOST_PLACES + 1, 0), last: until };
  }
}

function retiredOf(row: LedgerRow): Gap {
  return row.id === null
    ? { kind: 'missing', ...placesOf(row) }
    : { kind: 'retired', ...placesOf(row), act: actOf(row) };
}

function erasedOf({ note, event_id: eventId, ...row }: LedgerRow): Gap {
  const places = placesOf(row);
  if (typeof eventId !== 'string') return { kind: 'erased', ...places };
  const id = /"erasureId":"([\w-]{1,64})"/.exec(String(note))?.[1] ?? ''; // part of a signed act, which `verify` checks
  return { kind: 'erased', ...places, act: { id, eventId, at: timeOfId(eventId).toISOString() } };
}

function heldOf(row: LedgerRow, { scope }: LedgerAccess): Gap {
  return { kind: 'held', ...placesOf(row), act: actOf(scope === 'all' ? row : { ...row, reason: null }) };
}

function placesOf({ first, last, count }: LedgerRow): Pick<Gap, 'first' | 'last' | 'count'> {
  return { first: Number(first), last: Number(last), count: Number(count) };
}

function actOf({ id, event_id: eventId, at, reason, archive }: LedgerRow): GapAct {
  const known = Object.entries({ eventId, at, reason, archive }).filter(([, value]) => typeof value === 'string');
  return { id: String(id), ...Object.fromEntries(known) };
}
