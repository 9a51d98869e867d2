import { Inject, Injectable } from '@nestjs/common';
import type { LedgerAccess } from '../../monitoring/read/access/ledger-access.js';
import { createFirstIdAt, parseIdTime } from '../../monitoring/store/id-time.js';
import { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import type { ParsedByPipe } from '../../monitoring/http/request.pipe.js';
import { resolveOptionalRange } from '../../monitoring/read/query/time-range.js';
import { readFirstIndex, readNewestIndex } from '../../monitoring/read/query/position/sealed-events.service.js';
import { selectTimeText, type LedgerRow } from '../../monitoring/store/ledger-row.js';
import type { GapAct, Gap, Gaps, GapsQuery } from './viewer-reads.dto.js';

const MAX_GAPS = 10_000;

const selectRanges = (range: string): string => `
  SELECT act, min(place) AS first, max(place) AS last, count(*) AS count
    FROM (SELECT act, place, place - row_number() OVER (PARTITION BY act ORDER BY place) AS island FROM (${range}) AS places) AS islands
   GROUP BY act, island`;

const SELECT_GAPS = `
  SELECT place, (SELECT CASE WHEN taken.first_index <= place THEN retirement_id END
                   FROM audit_retired_range AS taken JOIN audit_retirement AS retirement ON retirement.id = retirement_id
                  WHERE taken.last_index >= place AND state IN ('announced', 'retired') ORDER BY taken.last_index LIMIT 1)::text AS act
    FROM generate_series($1::bigint, $2::bigint) AS place
    LEFT JOIN audit_leaf ON index = place LEFT JOIN audit_event ON audit_event.id = event_id
   WHERE audit_event.id IS NULL`;
const RETIRED = `
  SELECT island.first, island.last, island.count, act AS id, event_id, ${selectTimeText('announced_at')} AS at, policy AS reason, archive
    FROM (${selectRanges(SELECT_GAPS)}) AS island LEFT JOIN audit_retirement ON id::text = act ORDER BY first`;

const ERASED = `
  SELECT island.first, island.last, island.count, note, event_id
    FROM (${selectRanges(`SELECT index AS place, audit_erased.act FROM audit_leaf
                         JOIN audit_erased USING (event_id) JOIN audit_event ON audit_event.id = event_id
                        WHERE index BETWEEN $1::bigint AND $2::bigint`)}) AS island
    LEFT JOIN audit_act ON number = act ORDER BY first`;

const HELD = `
  SELECT island.first, island.last, island.count, act AS id, ${selectTimeText('placed_at')} AS at, reason
    FROM (${selectRanges(`SELECT index AS place, hold.id AS act FROM audit_leaf
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
  async find(access: LedgerAccess, query: ParsedByPipe<GapsQuery>): Promise<Gaps> {
    const { first, last } = await this.resolveRange(access, query);
    const end = Math.min(last, first + MAX_GAPS - 1);
    if (end < first) return { first, last: -1, next: null, gaps: [] };
    const within = (text: string): Promise<readonly LedgerRow[]> =>
      this.reader.eventRows(access, text, [first, end], { jit: 'off' });
    const retired = access.scope === 'all' ? await within(RETIRED) : [];
    const erased = await within(ERASED);
    const held = access.scope === 'subject' ? [] : await within(HELD);
    const gaps = [
      ...retired.map(toRetiredGap),
      ...erased.map(toErasedGap),
      ...held.map((row) => toHeldGap(row, access)),
    ];
    return {
      first,
      last: end,
      next: end < last ? end + 1 : null,
      gaps: gaps.toSorted((one, other) => one.first - other.first),
    };
  }

  private async resolveRange(
    access: LedgerAccess,
    { first, last, ...times }: ParsedByPipe<GapsQuery>,
  ): Promise<{ first: number; last: number }> {
    const newest = await readNewestIndex(this.reader, access);
    const { from, to } = resolveOptionalRange(times);
    const firstFrom = async (time: Date): Promise<number> =>
      (await readFirstIndex(this.reader, access, createFirstIdAt(time))) ?? newest + 1;
    const begin = first ?? (from === undefined ? undefined : await firstFrom(from));
    const end = last ?? (to === undefined ? newest : await readNewestIndex(this.reader, access, createFirstIdAt(to)));
    const until = Math.min(end, newest);
    return { first: begin ?? Math.max(until - MAX_GAPS + 1, 0), last: until };
  }
}

function toRetiredGap(row: LedgerRow): Gap {
  return row.id === null
    ? { kind: 'missing', ...toIndexRange(row) }
    : { kind: 'retired', ...toIndexRange(row), act: toGapAct(row) };
}

function toErasedGap({ note, event_id: eventId, ...row }: LedgerRow): Gap {
  const range = toIndexRange(row);
  if (typeof eventId !== 'string') return { kind: 'erased', ...range };
  const id = /"erasureId":"([\w-]{1,64})"/.exec(String(note))?.[1] ?? ''; // part of a signed act, which `verify` checks
  return { kind: 'erased', ...range, act: { id, eventId, at: parseIdTime(eventId).toISOString() } };
}

function toHeldGap(row: LedgerRow, { scope }: LedgerAccess): Gap {
  return { kind: 'held', ...toIndexRange(row), act: toGapAct(scope === 'all' ? row : { ...row, reason: null }) };
}

function toIndexRange({ first, last, count }: LedgerRow): Pick<Gap, 'first' | 'last' | 'count'> {
  return { first: Number(first), last: Number(last), count: Number(count) };
}

function toGapAct({ id, event_id: eventId, at, reason, archive }: LedgerRow): GapAct {
  const known = Object.entries({ eventId, at, reason, archive }).filter(([, value]) => typeof value === 'string');
  return { id: String(id), ...Object.fromEntries(known) };
}
