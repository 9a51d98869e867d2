import { describe, expect, it } from '@jest/globals';
import { firstIdAt } from '../ledger/id-time.js';
import { formatCursor } from './cursor.js';
import { EventQuery } from './event-query.dto.js';
import { stepsBack } from './steps-back.js';

const NOW = new Date('2026-11-20T00:00:00Z');
const TENANT = { scope: 'tenants', tenantIds: ['a'] } as const;
const steps = (query: Partial<EventQuery>, access: Parameters<typeof stepsBack>[1] = TENANT): readonly unknown[] =>
  stepsBack(Object.assign(new EventQuery(), query), access, NOW).map((step) => step?.toISOString().slice(0, 10));

describe('the steps back from which a page is looked for', () => {
  it.each([
    [{}, TENANT],
    [{ type: 'a' }, { scope: 'all' } as const],
    [{ type: 'a', from: '2020-01-01' }, TENANT],
    [{ type: 'a', requestId: 'r' }, TENANT],
    [{ type: 'a', actorId: 'a' }, TENANT],
    [{ actorId: 'a' }, TENANT],
    [{ type: 'a', order: 'asc' as const }, TENANT],
  ])('are one for %j of %j, which one index serves best', (query, access) => {
    expect(steps(query, access)).toEqual([undefined]);
  });

  it.each([
    [{ type: 'a' }, ['2026-11-19', '2026-11-12', '2026-09-17', undefined]],
    [{ type: 'a', to: '2026-10-10' }, ['2026-10-09', '2026-10-02', '2026-08-07', undefined]],
    [
      { type: 'a', cursor: formatCursor({ id: firstIdAt(new Date('2026-10-10')), queryHash: '0'.repeat(16) }) },
      ['2026-10-09', '2026-10-02', '2026-08-07', undefined],
    ],
  ])('are days, weeks, months and all for %j of a tenant', (query, expected) => {
    expect(steps(query)).toEqual(expected);
  });
});
