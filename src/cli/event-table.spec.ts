import { describe, expect, it } from '@jest/globals';
import type { LedgerEvent } from '../modules/monitoring/query/ledger-event.js';
import { eventTable } from './event-table.js';

const EVENT: LedgerEvent = {
  id: '0198d1f2-7b1e-7c4a-8f57-2f1f4d1a9c11',
  schemaVersion: 2,
  occurredAt: '2026-11-21T14:13:47.200Z',
  type: 'row_updated',
  action: 'row_update',
  outcome: 'success',
  category: 'data_change',
  severity: 'info',
  actor: { type: 'user', id: 'ada' },
  details: {},
  metadata: {},
  index: 0,
};

describe('eventTable', () => {
  it('names what changed', () => {
    const diff = [
      { path: '/tier', from: 'basic', to: 'gold' },
      { path: '/preferences/news', from: true, to: false },
    ];
    const [head, row] = eventTable([{ ...EVENT, changes: { diff } }]).split('\n');
    expect(head).toMatch(/ACTOR +CHANGED +ID/);
    expect(row).toContain('user/ada  /tier /preferences/news  0198d1f2');
  });

  it('leaves the column out where nothing changed', () => {
    expect(eventTable([EVENT])).not.toContain('CHANGED');
  });
});
