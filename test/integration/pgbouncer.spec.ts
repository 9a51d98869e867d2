import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { toSessionSettings } from '../../src/monitoring/read/access/ledger-access.js';
import { ERASURE, createExporterRole, LEADER, WRITER } from '../../src/monitoring/store/ledger-roles.js';
import { ERASURE_LIMITS, LEADER_LIMITS, createPoolLimits } from '../../src/monitoring/store/sessions/session-limits.js';
import { explainLedgerError } from '../../src/monitoring/store/sessions/classify-ledger-error.js';
import { LedgerSessions } from '../../src/monitoring/store/sessions/ledger-sessions.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { createTestDatabase, type TestDatabase } from '../support/index.js';
import { isLeftOut, pgbouncerProgram } from '../support/installed-servers.js';
import { startPooler } from '../support/pooler.js';
import { LedgerSession } from '../../src/monitoring/store/sessions/ledger-session.js';
import { storeOwnEvent } from '../../src/monitoring/inbox/append-own-event.js';

const program = pgbouncerProgram();
const SAID = /a connection pooler dropped the session's settings|unsupported startup parameter/;
const TO_DO =
  'The address leads to a pooler such as pgbouncer: give the ledger an address that leads directly to PostgreSQL';

const OF_TENANT = { scope: 'tenants', tenantIds: ['acme'] } as const;

let database: TestDatabase;
let stop: (() => Promise<void>) | undefined;

async function throughPooler(settings?: string): Promise<string> {
  const pooler = await startPooler(database, settings);
  ({ stop } = pooler);
  return pooler.url;
}

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await stop?.();
  stop = undefined;
  await database.drop();
});

(isLeftOut('pgbouncer', program) ? describe.skip : describe)('pgbouncer', () => {
  it.each([
    ['in transaction mode, as it is installed', ''],
    [
      'in transaction mode, that ignores the settings of a session',
      'ignore_startup_parameters = options, statement_timeout, lock_timeout, idle_in_transaction_session_timeout',
    ],
    [
      'in session mode',
      'pool_mode = session\nignore_startup_parameters = options, statement_timeout, lock_timeout, idle_in_transaction_session_timeout',
    ],
  ])('%s in front of the ledger is named, with what to set', async (_how, settings) => {
    const url = await throughPooler(settings);
    const sessions = new LedgerSessions(url, WRITER, createPoolLimits(5_000));
    const attempts = [
      sessions.query({ text: 'SELECT 1' }),
      LedgerSession.open(url, ERASURE, ERASURE_LIMITS),
      LedgerSession.open(url, LEADER, LEADER_LIMITS),
      LedgerSession.open(url, createExporterRole(toSessionSettings(OF_TENANT))),
      storeOwnEvent(url, 'audit_log_exported', {}),
      verifyLedger({ database: url }),
    ];
    for (const attempt of await Promise.allSettled(attempts)) {
      const { message } = explainLedgerError(attempt.status === 'rejected' ? attempt.reason : undefined);
      expect(message).toMatch(SAID);
      expect(message).toContain(TO_DO);
    }
    await sessions.end();
  });
});
