import { describe, expect, it } from '@jest/globals';
import type { LedgerAccess } from '../access/ledger-access.js';
import { createFirstIdAt } from '../../store/id-time.js';
import { encodeCursor, EventQuery } from './event-query.dto.js';
import { splitRange } from './time-range.js';

const NOW = new Date('2026-11-20T00:00:00Z');
const ALL: LedgerAccess = { scope: 'all' };
const TENANT: LedgerAccess = { scope: 'tenants', tenantIds: ['a'] };
const PERSON: LedgerAccess = { scope: 'subject', subjectId: 'a' };
const IN_OCTOBER = encodeCursor({ id: createFirstIdAt(new Date('2026-10-10')), queryHash: '0'.repeat(16) });

const steps = (query: Partial<EventQuery>, access: LedgerAccess): readonly (readonly (string | undefined)[])[] =>
  splitRange(Object.assign(new EventQuery(), query), access, NOW).map(({ from, to }) =>
    [from, to].map((time) => time?.toISOString().slice(0, 10)),
  );

describe('the ranges that are searched for a page', () => {
  it.each([
    [{ requestId: 'r' }, ALL],
    [{ sessionId: 's' }, ALL],
    [{ traceId: 't' }, TENANT],
    [{ credentialId: 'c' }, TENANT],
    [{ actorId: 'a' }, TENANT],
    [{ onBehalfOf: 'a' }, ALL],
    [{ type: 'a', actorId: 'a' }, TENANT],
    [{ order: 'asc' as const }, ALL],
    [{}, PERSON],
  ])('are one range for %j of %j', (query, access) => {
    expect(steps(query, access)).toEqual([[undefined, undefined]]);
  });

  it.each([
    [{}, TENANT, ['2026-11-19', '2026-11-12', '2026-09-17']],
    [{ type: 'a', outcome: 'denied' as const }, ALL, ['2026-11-19', '2026-11-12', '2026-09-17']],
    [{ type: 'a' }, TENANT, ['2026-11-19', '2026-11-12', '2026-09-17']],
    [{ type: 'a', to: '2026-10-09' }, TENANT, ['2026-10-09', '2026-10-02', '2026-08-07']],
    [{ type: 'a', cursor: IN_OCTOBER }, TENANT, ['2026-10-09', '2026-10-02', '2026-08-07']],
    [{ from: '2026-10-01' }, TENANT, ['2026-11-19', '2026-11-12']],
    [{ from: '2026-11-15' }, TENANT, ['2026-11-19']],
  ])('follow each other without a gap for %j of %j, back to the oldest event', (query, access, starts) => {
    const expected = [...starts, undefined].map((start, nth) => [start, starts[nth - 1]]);

    expect(steps(query, access)).toEqual(expected);
  });
});
