import { describe, expect, it } from '@jest/globals';
import { Retention } from '../../src/monitoring/index.js';
import { Archives } from '../../src/monitoring/keep/archive/archives.js';
import { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { ApiClient, eventually, kept, tempFolder, testDatabase, withClient } from '../support/index.js';
import { ADMIN, startReferenceApp } from '../support/reference-app.js';
import { addEventsAt } from '../support/retention-scene.js';

interface Hold {
  readonly id: string;
  readonly isActive: boolean;
  readonly placedBy: string;
}

const archiveDir = await tempFolder('audit-archives-');
const database = await testDatabase();
const old = await withClient(database.url, (client) => addEventsAt(client, '2026-01-10T12:00:00.000Z', 5));
const app = await kept(startReferenceApp(database.url, { AUDIT_RETENTION_DAYS: '30', AUDIT_ARCHIVE_DIR: archiveDir }));
const admin = new ApiClient(app.url);
await admin.logIn(ADMIN.email, ADMIN.password);

const statusOfProof = async (): Promise<number> => {
  const headers = { authorization: `Bearer ${admin.token ?? ''}` };
  return (await fetch(`${app.url}/audit/events/${old[0] ?? ''}/proof`, { headers })).status;
};
const types = async (type: string): Promise<readonly { reason?: string }[]> =>
  (await admin.send<{ items: { reason?: string }[] }>('GET', `/audit/events?type=${type}`)).body.items;

describe('legal holds and retention in the reference application', () => {
  it('lets administrators place, list and release them, and nobody else', async () => {
    const placed = await admin.send<Hold>('POST', '/audit/holds', {
      reason: 'lawsuit',
      tenantId: 'acme',
      occurredTo: '2026-01-10',
    });
    expect(placed).toMatchObject({ status: 201, body: { reason: 'lawsuit', tenantId: 'acme', isActive: true } });
    expect(placed.body.placedBy).not.toBe('unknown');
    expect((await admin.send('GET', '/audit/holds')).body).toMatchObject([{ id: placed.body.id }]);
    expect(await types('legal_hold_placement')).toMatchObject([{ reason: 'lawsuit' }]);

    const stranger = new ApiClient(app.url);
    expect((await stranger.send('POST', '/audit/holds', { reason: 'x', tenantId: 'acme' })).status).toBe(401);
    expect((await admin.send('POST', '/audit/holds', { reason: 'lawsuit' })).status).toBe(400);
    expect((await admin.send('POST', '/audit/holds', { tenantId: 'acme' })).status).toBe(400);
    expect((await admin.send('POST', '/audit/holds', { reason: 'lawsuit', tenantId: null })).status).toBe(400);
    expect((await admin.send('POST', '/audit/holds', { reason: 'lawsuit', tenantId: 'a\ud800' })).status).toBe(400);
    for (const until of ['2099', '2099-W01-1', '2099-02-30', '0000-01-01']) {
      const misdated = await admin.send('POST', '/audit/holds', { reason: 'lawsuit', tenantId: 'acme', until });
      expect(misdated).toMatchObject({ status: 400, body: { message: expect.anything() } });
    }

    expect(await app.app.get(Retention).plan()).toMatchObject({
      months: [{ partition: 'audit_event_2026_01', due: 5, held: 5, isWhole: false }],
    });
    expect(await app.app.get(Retention).run()).toMatchObject({ retired: [], waiting: [], problems: [] });

    const release = `/audit/holds/${placed.body.id}/release`;
    expect(await admin.send('POST', release, { reason: 'settled' })).toMatchObject({
      status: 200,
      body: { isActive: false },
    });
    expect((await admin.send('POST', release, { reason: 'again' })).status).toBe(404);
    expect(await types('legal_hold_release')).toMatchObject([{ reason: 'settled' }]);

    const { trust } = app.app.get(CheckpointSigner);
    expect((await verifyLedger({ database: database.url, trust })).findings).toEqual([]);
    await withClient(database.superuserUrl, async (client) => {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ; DELETE FROM audit_legal_hold');
      const { findings } = await verifyLedger({ database: client, trust });
      expect(findings.map(({ kind }) => kind)).toEqual(['hold_missing', 'hold_missing']);
      await client.query('ROLLBACK');
    });
  });

  it('places no hold whose event the ledger refuses', async () => {
    const holds = async (): Promise<unknown> => (await admin.send('GET', '/audit/holds')).body;
    const before = await holds();
    await database.superuserSql(
      `ALTER TABLE audit_inbox ADD CONSTRAINT broken CHECK (body NOT LIKE '%legal_hold_placement%')`,
    );
    try {
      const refused = await admin.send('POST', '/audit/holds', {
        reason: 'lawsuit',
        tenantId: 'acme',
        occurredTo: '2026-01-10',
      });
      expect(refused.status).toBeGreaterThanOrEqual(500);
      expect(await holds()).toEqual(before);
    } finally {
      await database.superuserSql('ALTER TABLE audit_inbox DROP CONSTRAINT broken');
    }
    expect(await types('legal_hold_placement')).toHaveLength(1);
  });

  it('retires what is not held any more, and still proves it', async () => {
    await eventually(async () => (await app.app.get(Retention).plan())?.months[0]?.isWhole);
    expect(await statusOfProof()).toBe(200);
    const report = await app.app.get(Retention).run();
    expect(report).toMatchObject({ retired: [{ kind: 'month', events: 5 }], waiting: [], problems: [] });
    expect((await admin.send('GET', `/audit/events/${old[0] ?? ''}`)).status).toBe(404);
    expect(await statusOfProof()).toBe(200);
    expect(await types('audit_events_retired')).toHaveLength(1);
    const archives = app.app.get(Archives);
    const [archive = ''] = await archives.names();
    expect(await archives.verify(archive)).toMatchObject({ verdict: 'sound', proven: 5 });
    const entries = await admin.send('GET', '/audit/tile/entries/000.p/5');
    expect(entries).toMatchObject({ status: 404 });
    expect(JSON.stringify(entries.body)).toContain(`read it from the archive ${archive}`);
  });
});
