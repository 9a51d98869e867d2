import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { acceptInTransaction } from '../../src/monitoring/inbox/accept-in-transaction.js';
import { packInboxRows } from '../../src/monitoring/inbox/inbox-row.js';
import { placeHold } from '../../src/monitoring/keep/lifecycle/holds/legal-hold.js';
import { RETENTION } from '../../src/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../src/monitoring/store/sessions/ledger-session.js';
import { RETENTION_LIMITS } from '../../src/monitoring/store/sessions/session-limits.js';
import type { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { addEvents, makeSequencer, makeSigner, withClient, openClient, withRoles } from '../support/index.js';
import { createWriter } from '../support/writers.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { withTiming } from '../support/with-timing.js';

const ACTS = `SELECT pg_advisory_lock(7362003, hashtext('audit_act'::regclass::oid::text))`;

let database: TestDatabase;
let signer: CheckpointSigner;
/** Any login may hold these locks, so the test takes the login that may add events. */
let writer: pg.Client;
let session: LedgerSession;

beforeEach(async () => {
  database = await createTestDatabase();
  signer = await makeSigner();
  writer = await openClient(database.url);
  await writer.query(await withRoles(writer, 'SET ROLE audit_writer'));
  session = await LedgerSession.open(database.url, RETENTION, RETENTION_LIMITS);
});

afterEach(async () => {
  await writer.end();
  await session.close();
  await database.drop();
});

const hold = () => placeHold(session, { reason: 'lawsuit', tenantId: 'acme' }, 'counsel', signer);

describe('a login that may add events, and holds locks', () => {
  withTiming({ actsWaitMs: 300 });

  it('does not keep events from being sealed, as it has the lock of the acts', async () => {
    await writer.query(ACTS);
    await withClient(database.url, (client) => addEvents(client, 3));
    const { sequencer, failures } = makeSequencer(database.url, signer);
    await sequencer.run();
    expect([sequencer.size, failures]).toEqual([3, []]);
    await sequencer.close();
  });

  it('has who signs an act fail in time, and leaves the session as it was', async () => {
    await writer.query(ACTS);
    await expect(hold()).rejects.toMatchObject({ code: '55P03' });
    expect(await session.rows('SHOW lock_timeout')).toEqual([{ lock_timeout: '0' }]);
    await writer.query('SELECT pg_advisory_unlock_all()');
    expect(await hold()).toMatchObject({ tenantId: 'acme' });
  });
});

describe('an administrator who locks a table of the ledger', () => {
  const rows = packInboxRows(['{}'], createWriter());

  it.each(['audit_inbox', 'audit_head'])('%s, does not abort a transaction that records an event', async (table) => {
    const administrator = await openClient(database.superuserUrl);
    await withClient(database.url, async (client) => {
      await administrator.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
      await client.query('BEGIN; SET LOCAL statement_timeout = 5000');
      const query = async (text: string, values: unknown[] = []): Promise<unknown> =>
        (await client.query(text, values)).rows;
      const accepting = acceptInTransaction({ query }, rows, { schema: 'public', lockWaitMs: 300, isClosed: false });
      await expect(accepting).rejects.toMatchObject({ code: '55P03' });
      await client.query('COMMIT');
    }).finally(() => administrator.end());
  });
});
