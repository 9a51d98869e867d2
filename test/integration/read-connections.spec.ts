import { expect, it } from '@jest/globals';
import { LedgerReader } from '../../src/monitoring/store/ledger-reader.service.js';
import { eventually, testDatabase } from '../support/index.js';
import { withClient } from '../support/sql.js';

const database = await testDatabase();

it('a reader of a part of the ledger who sends many queries keeps no other reader waiting', async () => {
  const reader = new LedgerReader({ connectionUrl: database.url, maxReadConnections: 2 });
  try {
    await withClient(database.url, async (client) => {
      await client.query('SELECT pg_advisory_lock(55)');
      const access = { scope: 'subject', subjectId: 'ada' } as const;
      const waiting = Array.from({ length: 10 }, () =>
        reader.eventRows(access, 'SELECT pg_advisory_xact_lock(55)', []).catch(String),
      );
      const held = `SELECT count(*)::int AS count FROM pg_locks WHERE locktype = 'advisory' AND objid = 55 AND NOT granted`;
      await eventually(async () => (await database.sql(held))[0]?.count === 1);
      for (const other of [{ scope: 'all' }, { scope: 'subject', subjectId: 'eve' }] as const) {
        const seen = await reader.eventRows(other, 'SELECT count(*)::int AS count FROM audit_event', []);
        expect(seen).toEqual([{ count: 0 }]);
      }
      await client.query('SELECT pg_advisory_unlock(55)');
      await Promise.all(waiting);
    });
  } finally {
    await reader.onApplicationShutdown();
  }
});
