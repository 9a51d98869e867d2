import { afterAll, describe, expect, it } from '@jest/globals';
import { Catalogue } from '../../src/audit/nest-free.js';
import { OWN_FACTS } from '../../src/monitoring/read/access/own-events.js';
import { verifyAct } from '../../src/monitoring/keep/acts/act-note.js';
import { recordAct } from '../../src/monitoring/keep/acts/store-act.js';
import { listHolds, placeHold } from '../../src/monitoring/keep/lifecycle/holds/legal-hold.js';
import { ArchivedEvents } from '../../src/monitoring/read/query/archived/archived-events.service.js';
import { AuditQuery } from '../../src/monitoring/read/query/audit-query.service.js';
import type { LedgerEvent } from '../../src/monitoring/read/query/ledger-event.js';
import { appendOwnEvent } from '../../src/monitoring/inbox/append-own-event.js';
import { RETENTION } from '../../src/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../src/monitoring/store/sessions/ledger-session.js';
import { RETENTION_LIMITS } from '../../src/monitoring/store/sessions/session-limits.js';
import { LedgerReader } from '../../src/monitoring/store/ledger-reader.service.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { closeAfterTests, testDatabase, makeSequencer, makeSigner } from '../support/index.js';
import { makeArchives } from '../support/retention-scene.js';

const database = await testDatabase();
const signer = await makeSigner();
const { sequencer } = makeSequencer(database.url, signer);
await closeAfterTests(sequencer);
const session = await closeAfterTests(LedgerSession.open(database.url, RETENTION, RETENTION_LIMITS));
const reader = new LedgerReader({ connectionUrl: database.url, maxReadConnections: 1 });
await closeAfterTests({ close: () => reader.onApplicationShutdown() });
const { archives } = await makeArchives(signer);
const ledger = new AuditQuery(reader, new Catalogue(), new ArchivedEvents(reader, archives));

afterAll(() => void Reflect.deleteProperty(OWN_FACTS, 'audit_ledger_moved'));

const readEvents = async (type: string): Promise<readonly LedgerEvent[]> => {
  await sequencer.run();
  return (await ledger.find({ scope: 'all' }, { type: [type] })).items;
};

describe("an event of the ledger's own", () => {
  it('takes the three lines of CONTRIBUTING.md', async () => {
    const actor = { type: 'admin', id: 'ops' } as const;
    const details = { site: 'Cellar No. 2', note: 'by Ada Lovelace' };

    Object.assign(OWN_FACTS, { audit_ledger_moved: ['site'] });
    const { id } = await appendOwnEvent(session, 'audit_ledger_moved', { actor, details });
    expect(await readEvents('audit_ledger_moved')).toMatchObject([{ id, actor, details }]);

    await sequencer.run();
    const verified = await verifyLedger({ database: database.url, trust: signer.trust });
    expect(verified).toMatchObject({ verdict: 'sound', findings: [] });
    await database.superuserSql('SELECT audit_erase(ARRAY[$1::uuid])', [id]);
    const [erased] = await readEvents('audit_ledger_moved');
    expect(erased?.details).toEqual({ site: 'Cellar No. 2' });
  });

  it('is named by the catalogue, redacted and bounded as any other', async () => {
    const details = { password: 'hunter2', note: 'x'.repeat(100_000), token: 'abc' };
    const reason = `Bearer ${'a1B2'.repeat(10)} ${'y'.repeat(5_000)}`;
    await appendOwnEvent(session, 'login_failure', { reason, details, actor: { type: 'system' } });
    const [event] = await readEvents('user_login_failed');
    expect(event).toMatchObject({
      ...{ action: 'user_login', outcome: 'failure', category: 'authentication', truncated: true },
      details: { password: '[REDACTED]', token: '[REDACTED]' },
    });
    expect(event?.reason).not.toContain('a1B2');
    expect(event?.reason?.length).toBeLessThanOrEqual(1_024);
    expect(JSON.stringify(event).length).toBeLessThan(61_440);
  });

  it('carries a signed act byte for byte, whatever it looks like', async () => {
    const [looksSecret, looksLikeCard] = ['Bearer abcdefghijklmnopqrstuvwxyz0123456789', '4111 1111 1111 1111'];
    const odd = { archive: looksSecret, password: looksLikeCard, policy: 'z'.repeat(20_000) };
    const statement = { act: 'key_change' as const, ...odd };
    const actor = { type: 'system', id: 'test' } as const;
    await session.inTransaction(() => recordAct(session, { statement, signer, actor, reason: looksSecret }));
    const [event] = await readEvents('audit_signing_keys_changed');
    const { act, ...said } = event?.details ?? {};
    expect(verifyAct(typeof act === 'string' ? act : '', signer.trust).statement).toEqual(statement);
    expect({ ...said, act: 'key_change' }).toEqual(statement);
    expect(event?.reason).not.toContain('abcdefghijklmnopqrstuvwxyz');
  });
});

it('a legal hold and its event are placed together, or not at all', async () => {
  const acts = () => session.rows('SELECT number FROM audit_act');
  const request = { reason: 'lawsuit', tenantId: 'acme' };
  const before = await acts();
  await database.superuserSql(
    `ALTER TABLE audit_inbox ADD CONSTRAINT broken CHECK (body NOT LIKE '%"type":"legal_hold_placement"%') NOT VALID`,
  );
  await expect(placeHold(session, request, 'counsel', signer)).rejects.toThrow('broken');
  expect([await listHolds(session), await acts()]).toEqual([[], before]);
  await database.superuserSql('ALTER TABLE audit_inbox DROP CONSTRAINT broken');
  const hold = await placeHold(session, request, 'counsel', signer);
  expect(await readEvents('legal_hold_placement')).toMatchObject([
    {
      actor: { type: 'admin', id: 'counsel' },
      resource: { type: 'legal_hold', id: hold.id },
      reason: 'lawsuit',
      details: { holdId: hold.id, placedBy: 'counsel', tenantId: 'acme' },
    },
  ]);
});
