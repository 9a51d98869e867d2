import { describe, expect, it } from '@jest/globals';
import { AuditAggregator, AuditContext, AuditModule, type AuditEvent, type JsonObject } from '../../src/audit/index.js';
import { AuditQuery } from '../../src/monitoring/index.js';
import { Sequencer } from '../../src/monitoring/sealer/sequencer.service.js';
import type { SignedCheckpoint } from '../../src/monitoring/proof/log/notes/checkpoint.js';
import { toFacts, LEDGER_COLUMNS } from '../../src/monitoring/store/ledger-row.js';
import { eventually, freshKeyFile, closeAfterTests, settled, tempFolder, testDatabase } from '../support/index.js';
import { withTiming } from '../support/with-timing.js';
import { FITTING_HEAD } from '../support/forge-log.js';
import { startLedgerApp } from '../support/ledger-app.js';

const PERSON = { actor: { id: 'u-1', name: 'Ada' }, ip: '203.0.113.7', userAgent: 'curl/8' };
const LOGIN = {
  actor: { type: 'user', id: 'u-1', name: 'Ada Lovelace' },
  details: { username: 'ada', attempts: 3, list: [{ email: 'ada@example.com', kept: 1 }] },
  metadata: { 'odd/na~me': { phone: '+49 30 1234567' }, plain: true },
  changes: { before: { email: 'a@example.com', n: 1 }, after: { email: 'b@example.com', n: 2 } },
} as const;

withTiming({ questionMs: 500 });

const database = await testDatabase();
const started = () =>
  startLedgerApp(database.url, {
    audit: {
      ...{ spillDir, personalFields: ['badge'], sensitiveFields: ['salary'], factFields: ['ean'] },
      ...{ anonymize: ['profile_view'], pseudonymKey: 'a key of at least 32 characters.' },
    },
    monitoring: { signingKeyFile: keyFile },
  });
const spillDir = await tempFolder('audit-spill-');
const keyFile = freshKeyFile();
let { app, url } = await started();
await closeAfterTests({ close: () => app.close() });

async function record(input: object = LOGIN): Promise<string> {
  const { eventId } = await audit().record('badge_reading', input);
  await settled(database);
  return eventId;
}

const audit = () => app.get(AuditAggregator);
const shown = async (id: string): Promise<AuditEvent | undefined> => {
  await settled(database);
  return app.get(AuditQuery).findOne({ scope: 'all' }, id);
};

async function readRow(id: string): Promise<Record<string, unknown>> {
  const [row] = await database.sql(`SELECT ${LEDGER_COLUMNS} FROM audit_event WHERE id = $1`, [id]);
  if (!row) throw new Error('It is not stored.');
  return row;
}

describe('a stored event', () => {
  it('shows its index once it is sealed, in a page and alone', async () => {
    const [first, second] = [await record(), await record()];
    const sealed = await eventually(async () => {
      const page = (await (await fetch(`${url}/audit/events`)).json()) as { items: { id: string; index?: number }[] };
      return page.items.every(({ index }) => index !== undefined) && page.items;
    });
    expect(sealed.map(({ id, index }) => [id, index])).toEqual([
      [second, 1],
      [first, 0],
    ]);
    expect(await (await fetch(`${url}/audit/events/${second}`)).json()).toMatchObject({ index: 1 });
  });

  it('keeps what is personal apart from its facts, and reads as it was', async () => {
    const id = await record({ ...LOGIN, details: { ...LOGIN.details, badge: 'B-17' } });
    const row = await readRow(id);
    const facts = JSON.stringify(toFacts(row));
    for (const personal of ['Ada', '"ada"', '49 30', 'a@example', 'B-17']) expect(facts).not.toContain(personal);
    for (const fact of ['"attempts":3', '"kept":1', '"plain":true', '"u-1"']) expect(facts).toContain(fact);
    const event = await shown(id);
    expect(event?.details).toEqual({ ...LOGIN.details, badge: 'B-17' });
    expect(event?.metadata).toEqual(LOGIN.metadata);
    expect(event?.changes).toMatchObject(LOGIN.changes);
    expect(event?.actor).toEqual(LOGIN.actor);
  });

  it('is still shown when its personal part was tampered with', async () => {
    const id = await record();
    await database.superuserSql(
      `SET session_replication_role = replica; UPDATE audit_event SET personal = '{"/nowhere/name": 1}' WHERE id = '${id}'`,
    );
    expect((await shown(id))?.details).toEqual({
      attempts: 3,
      list: [{ kept: 1 }],
    });
  });

  it('an anonymised event has pseudonyms, the same for the same person, and the address is found by its own', async () => {
    const ids = await AuditContext.run(PERSON, async () => [
      (await audit().record('profile_view', { details: { email: 'ada@example.com' } })).eventId,
      (await audit().record('user_updated', { details: { email: 'Ada@example.com' } }, { anonymize: true })).eventId,
    ]);
    const [first, second] = await Promise.all(ids.map(shown));

    expect(JSON.stringify([first, second])).not.toMatch(/Ada|ada@|203\.0|curl/);
    expect(first?.request?.ip).toMatch(/^2001:db8:/);
    expect(second).toMatchObject({ actor: first?.actor, request: first?.request, details: first?.details });
  });

  it('what changed is there, redacted as the application says', async () => {
    const [before, after] = [
      { name: 'Ada', salary: 1, items: ['tea'] },
      { name: 'Ada', salary: 2, items: ['milk', 'tea'] },
    ];
    const diff = [
      { path: '/salary', from: '[REDACTED]', to: '[REDACTED]' },
      { path: '/items/0', to: 'milk' },
    ];
    const { eventId } = await audit().record('user_updated', { changes: { before, after } });

    expect((await shown(eventId))?.changes?.diff).toEqual(diff);
    expect(audit().diff(before, after)).toEqual(diff);
  });

  it('what identifies is kept, and so is a declared fact', async () => {
    const id = '4111111111111111';
    const resource = { type: 'order', id };
    const details = { text: `paid with ${id}`, ean: id, plan: 'Basic Subscription' };
    const { eventId } = await audit().record('order_viewed', { actor: { id }, resource, related: [resource], details });

    expect(await shown(eventId)).toMatchObject({
      actor: { id },
      resource,
      related: [resource],
      details: { ...details, text: 'paid with [REDACTED]' },
    });
  });

  it('what is cut is marked, and counted', async () => {
    const counted = audit().truncatedEvents;
    const { eventId } = await audit().record('user_updated', { details: { text: 'x'.repeat(10_000_000) } });
    await audit().record('user_updated');

    expect((await shown(eventId))?.truncated).toBe(true);
    expect(audit().truncatedEvents).toBe(counted + 1);
  });
});

it('anonymising without a key stops the boot', () => {
  expect(() => AuditModule.forRoot({ anonymize: true })).toThrow(
    expect.objectContaining({ code: 'AUDIT_OPTIONS_INVALID' }),
  );
});

describe('the application', () => {
  it('tells listeners of each checkpoint, whatever one of them does', async () => {
    const seen: SignedCheckpoint[] = [];
    app.get(Sequencer).onCheckpoint(() => Promise.reject(new Error('it is full')));
    app.get(Sequencer).onCheckpoint((checkpoint) => void seen.push(checkpoint));
    await record();
    const size = await settled(database);
    await eventually(() => seen.at(-1)?.size === size);
    expect(seen.at(-1)?.note).toContain(`nestjs-audit-ledger.local/ledger\n${size}\n`);
  });

  it('shows in its health how the sealing is doing', async () => {
    await record();
    const sealed = await settled(database);
    const facts = await eventually(async () => {
      const { database: ledger } = await audit().health();
      const checkpoint = ledger?.store?.checkpoint as JsonObject | undefined;
      return checkpoint?.sealed === sealed && checkpoint;
    });
    expect(facts).toMatchObject({ sequencer: 'leading', sealed });
  });

  it('alarms when the database was taken back to an earlier state, stores on, and says how many events wait', async () => {
    const size = await settled(database);
    await app.close();
    await database.superuserSql(
      `SET session_replication_role = replica; DELETE FROM audit_checkpoint; DELETE FROM audit_leaf; DELETE FROM audit_tile; ${FITTING_HEAD}`,
    );
    ({ app, url } = await started());
    const why = await eventually(async () => (await audit().health()).database?.error);
    expect(why).toMatch(
      new RegExp(`ends at size 0, and a checkpoint of size ${size} was signed.*earlier state.*adopt`),
    );
    expect((await audit().record('note')).providers.database?.status).toBe('recorded');
    const alarm = `SELECT body FROM audit_inbox WHERE body LIKE '%"type":"audit_ledger_inconsistent"%"severity":"critical"%'`;
    await eventually(async () => (await database.superuserSql(alarm)).length > 0);
    expect(await database.superuserSql(alarm)).toHaveLength(1);
    const answer = await fetch(`${url}/audit/events`);
    const waiting = expect.stringMatching(/^\d event\(s\) .* wait to be sealed since 20/);
    expect(await answer.json()).toMatchObject({ notes: [waiting] });
    expect(answer.headers.get('audit-waiting-since')).toMatch(/^20/);
    expect(await database.sql('SELECT FROM audit_checkpoint')).toEqual([]);
  });
});
