import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditAggregator, AuditProvider, type AuditEvent } from '../../src/audit/index.js';
import { AuditQuery, type LedgerAccess } from '../../src/monitoring/index.js';
import {
  findErasure,
  planErasure,
  type ErasureRecord,
} from '../../src/monitoring/keep/lifecycle/erasure/erasure-requests.js';
import { SubjectEraser } from '../../src/monitoring/keep/lifecycle/erasure/erase-subject.service.js';
import { ErasureSessions } from '../../src/monitoring/keep/lifecycle/erasure/erasure-sessions.service.js';
import { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { storeEvents } from '../support/stored-events.js';
import type { LedgerSession } from '../../src/monitoring/store/sessions/ledger-session.js';
import { placeHold } from '../../src/monitoring/keep/lifecycle/holds/legal-hold.js';
import { eventually, SAMPLE_RULES, sampleEvent, settled, tempFolder, withClient } from '../support/index.js';
import { keptApp, testDatabase } from '../support/close-after-tests.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { arePreparedTransactionsOff } from '../support/prepared-transactions.js';
import { withTiming } from '../support/with-timing.js';

@AuditProvider({ backend: 'journal', categories: ['order'] })
class JournalProvider implements AuditProvider {
  isDown = false;
  /** The key is the event's id, so that an event offered twice is kept once. */
  readonly entries = new Map<string, string | undefined>();

  record(batch: readonly AuditEvent[]): Promise<void> {
    if (this.isDown) return Promise.reject(new Error('the journal is down'));
    for (const { id, actor } of batch) this.entries.set(id, actor.id);
    return Promise.resolve();
  }

  eraseSubject({ id }: { readonly id: string }): Promise<number> {
    const own = [...this.entries].filter(([, actorId]) => actorId === id);
    for (const [eventId] of own) this.entries.delete(eventId);
    return Promise.resolve(own.length);
  }
}

const isOff = await arePreparedTransactionsOff();
const journal = new JournalProvider();
const NEVER = new Date('2199-01-01T00:00:00Z');

const database = await testDatabase();
const spillDir = await tempFolder('audit-spill-');
const { url } = database;
const running = await keptApp(
  startLedgerApp(url, {
    audit: { spillDir },
    imports: [TypeOrmModule.forRoot({ type: 'postgres', url }), ScheduleModule.forRoot()],
    monitoring: { archiveDir: join(spillDir, 'archives'), recordReads: true },
    providers: [{ provide: JournalProvider, useValue: journal }],
  }),
);
const audit = running.app.get(AuditAggregator);
const source = running.app.get(DataSource);

let person: { readonly type: 'user'; readonly id: string; readonly name: string };
beforeEach(() => {
  person = { type: 'user', id: uuidv7(), name: 'Ada' };
});

/** The erasure starts in the future, so that only the test carries it out. */
const plan = (id = person.id, identifiers: readonly string[] = []): Promise<ErasureRecord> =>
  withSession((session) =>
    planErasure(
      session,
      { id, identifiers },
      { by: { type: 'admin', id: 'dpo' }, reason: 'asked', startsAt: NEVER },
      running.app.get(CheckpointSigner),
    ),
  );

async function advance(planned: ErasureRecord): Promise<{ readonly erasure: ErasureRecord; readonly waits: boolean }> {
  return withSession(async (session) => {
    let erasure = planned;
    while (erasure.state !== 'done') {
      const next = await running.app.get(SubjectEraser).advance(session, erasure);
      if (!next) return { erasure, waits: true };
      erasure = next;
    }
    return { erasure, waits: false };
  });
}

async function withSession<Result>(work: (session: LedgerSession) => Promise<Result>): Promise<Result> {
  return running.app.get(ErasureSessions).use(work);
}

async function finish(planned: ErasureRecord): Promise<ErasureRecord> {
  let erasure = planned;
  return eventually(async () => {
    ({ erasure } = await advance(erasure));
    return erasure.state === 'done' && erasure;
  });
}

const personalEvents = async (): Promise<unknown> => {
  await settled(database);
  const sql = `
    SELECT count(*)::int AS count FROM audit_event
     WHERE personal_salt IS NOT NULL AND type <> 'audit_subject_erased' AND $1 IN (actor_id, on_behalf_of->>'id', resource_id)`;
  return (await database.sql(sql, [person.id]))[0]?.count;
};

async function reread({ id }: Pick<ErasureRecord, 'id'>): Promise<ErasureRecord> {
  const { trust } = running.app.get(CheckpointSigner);
  const record = await findErasure(running.app.get(ErasureSessions), id, trust);
  if (!record) throw new Error(`The erasure ${id} is gone.`);
  return record;
}

describe('an erasure', () => {
  it('reaches what a person did, what was done on behalf of them and to them', async () => {
    await audit.record('order_creation', { actor: person });
    await audit.record('order_creation', { actor: { type: 'admin', id: 'a', name: 'Eve', onBehalfOf: person } });
    await audit.record('user_update', {
      actor: { type: 'admin', id: 'a', name: 'Eve' },
      resource: { type: 'user', id: person.id },
    });
    expect(await personalEvents()).toBe(3);
    const erasure = await finish(await plan());
    expect(Object.values(erasure.counts.events)).toEqual([{ actor: 1, onBehalfOf: 1, resource: 1 }]);
    expect([await personalEvents(), erasure.counts.providers]).toEqual([0, { journal: 1 }]);
  });

  it('leaves the tenant, whatever its name is: its readers still find the events', async () => {
    const [tenantId, other] = [`Müller & Söhne ${person.id.slice(-8)}`, 'Smith Ltd'];
    await audit.record('order_creation', { actor: person, tenantId });
    const found = async (access: LedgerAccess, filter = {}) => {
      await settled(database);
      const { items } = await running.app.get(AuditQuery).find(access, filter);
      return items.map((event) => [event.tenantId, event.actor.name]);
    };
    const own = { scope: 'tenants', tenantIds: [tenantId] } as const;
    expect(await found(own)).toEqual([[tenantId, 'Ada']]);
    await finish(await plan());
    expect(await found(own)).toEqual([[tenantId, undefined]]);
    expect(await found({ scope: 'all' }, { tenantId })).toEqual([[tenantId, undefined]]);
    expect(await found({ scope: 'tenants', tenantIds: [other] })).toEqual([]);
  });

  it('leaves who requested the last one of a person with an e-mail address as id', async () => {
    const id = `${person.id}@example.com`;
    await audit.record('order_creation', { actor: { ...person, id } });
    const first = await finish(await plan(id));
    await audit.record('order_creation', { actor: { ...person, id } });
    const second = await finish(await plan(id));
    expect([sumCounts(first), sumCounts(second)]).toEqual([1, 1]); // what came after the first, and not its event
    const sql = `SELECT actor_id, resource_id FROM audit_event WHERE id = ANY ($1::uuid[])`;
    const reported = await database.sql(sql, [[first.eventId, second.eventId]]);
    expect(reported).toMatchObject([{ actor_id: 'dpo' }, { actor_id: 'dpo' }]);
    expect(JSON.stringify(reported)).not.toContain('@');
  });

  it('waits for transactions that began before it, and erases what they commit', async () => {
    const planned = await plan(person.id, [person.id]);
    let erasure = planned;
    await source.transaction(async (manager) => {
      const { providers } = await audit.record('order_creation', { actor: person }, { transaction: manager });
      expect(providers.database).toEqual({ status: 'joined' });
      const started = await advance(planned);
      expect([started.waits, await reread(planned)]).toMatchObject([
        true,
        { state: 'planned', until: expect.any(String) },
      ]);
      ({ erasure } = await advance(await reread(planned)));
      expect(erasure.state).toBe('planned');
    });
    expect(await personalEvents()).toBe(1);
    const done = await finish(await reread(planned));
    expect([await personalEvents(), sumCounts(done)]).toEqual([0, 1]);
  });

  it('waits for transactions of the ledger itself that began before it, and erases what they commit', async () => {
    const planned = await plan(person.id, [person.id]);
    const url = new URL(database.url);
    url.searchParams.set('application_name', 'nestjs-audit-ledger');
    await withClient(url.href, async (client) => {
      await client.query('BEGIN');
      await storeEvents(client, [sampleEvent({ actor: person })], () => SAMPLE_RULES);
      expect([(await advance(planned)).waits, (await reread(planned)).state]).toEqual([true, 'planned']);
      await client.query('COMMIT');
    });
    expect(await personalEvents()).toBe(1);
    const done = await finish(await reread(planned));
    expect([await personalEvents(), sumCounts(done)]).toEqual([0, 1]);
  });

  (isOff ? it.skip : it)(
    'waits for a transaction that was prepared after it began, and erases what that commits',
    async () => {
      const kept = sampleEvent({ actor: person }); // as an application keeps it for its commit
      const planned = await plan(person.id, [person.id]);
      await withClient(database.url, async (client) => {
        await client.query('BEGIN; SELECT 1');
        expect((await advance(planned)).waits).toBe(true);
        await storeEvents(client, [kept], () => SAMPLE_RULES);
        await client.query(`PREPARE TRANSACTION 'kept'`);
        const states: string[] = [];
        for (let round = 0; round < 2; round++) {
          const { erasure } = await advance(await reread(planned));
          states.push(erasure.state);
        }
        await client.query(`COMMIT PREPARED 'kept'`);
        expect(states).toEqual(['planned', 'planned']);
      });
      const done = await finish(await reread(planned));
      expect([await personalEvents(), sumCounts(done)]).toEqual([0, 1]);
    },
  );

  it('erases what an instance with a clock ahead stored before it', async () => {
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
    await audit.record('order_creation', { actor: person });
    jest.restoreAllMocks();
    const done = await finish(await plan());
    expect([await personalEvents(), sumCounts(done)]).toEqual([0, 1]);
    // As after a crash, the step finds its event, although the event's id is smaller than `until`.
    const again = await advance({ ...done, state: 'recording' });
    expect(again.erasure.eventId).toBe(done.eventId);
  });

  it('finds an identifier in another spelling', async () => {
    const SPELLINGS = [
      ['Zo\u00e9 \u00c9luard', 'Zo\u00e9 E\u0301luard'],
      ['ipek', 'İpek'],
      ['Ada Roe', 'ＡＤＡ\u00a0\nRoe'],
      ['田中太郎', '東京都の田中太郎さんがログインしました'],
      ['O"Neil \\ Ko', 'o"neil \\ ko'],
    ] as const;
    for (const [, username] of SPELLINGS) await audit.record('user_login_failed', { details: { username } });
    const identifiers = SPELLINGS.map(([identifier]) => identifier);
    const done = await finish(await plan(person.id, identifiers));
    expect(Object.values(done.counts.events)).toEqual([{ identifier: SPELLINGS.length }]);
  });

  it('waits for no transaction of another database', async () => {
    await audit.record('order_creation', { actor: person });
    await withClient(new URL('/postgres', database.superuserUrl).href, async (client) => {
      await client.query('BEGIN; SELECT pg_current_xact_id()');
      await finish(await plan(person.id, [person.id]));
      await client.query('COMMIT');
    });
    expect(await personalEvents()).toBe(0);
  });

  describe('beside an event that is stored, but not sealed', () => {
    withTiming({ questionMs: 200 });

    it('waits for the event, and then until somebody discards the line, if it cannot be sealed', async () => {
      const line = JSON.stringify({ event: { actor: { type: 'user', id: person.id } } });
      await database.superuserSql('ALTER TABLE audit_inbox DROP CONSTRAINT audit_inbox_version_check');
      await database.superuserSql(
        `INSERT INTO audit_inbox (version, seed, body) VALUES (2, decode(repeat('01', 16), 'hex'), $1)`,
        [line],
      );
      const planned = await plan();
      // At first, the erasure may wait for a transaction of the leader.
      const isProblem = (expected: RegExp) =>
        eventually(async () => {
          const { waits } = await advance(await reread(planned));
          return waits && expected.test((await reread(planned)).problem ?? '');
        });
      await isProblem(/^stored events wait to be sealed$/);
      await database.superuserSql('UPDATE audit_inbox SET version = 1, transaction = pg_current_xact_id()');
      await settled(database);
      await isProblem(/^the parked line \d+ of the inbox names the person/);
      await database.superuserSql('DELETE FROM audit_parked');
      expect((await finish(await reread(planned))).state).toBe('done');
    });
  });

  it('waits for what the spill holds for a provider that keeps personal data', async () => {
    journal.isDown = true;
    await audit.record('order_creation', { actor: person });
    const planned = await plan();
    expect((await advance(planned)).waits).toBe(true);
    expect(await reread(planned)).toMatchObject({
      state: 'planned',
      problem: 'events are waiting in the spill for journal',
    });
    expect(await personalEvents()).toBe(1);
    journal.isDown = false;
    await writeFile(join(spillDir, `${uuidv7()}.corrupt`), 'one\ntwo\n');
    const done = await finish(await reread(planned));
    expect([await personalEvents(), done.counts.providers]).toEqual([0, { journal: 1 }]);
    expect([...journal.entries.values()]).not.toContain(person.id);
    expect(done.counts).toMatchObject({ deadLetters: 0, corruptLines: 2 });
  });

  it('leaves what a hold covers, also by who it was done on behalf of', async () => {
    await audit.record('order_creation', { actor: { type: 'admin', id: 'a', name: 'Eve', onBehalfOf: person } });
    const held = await database.superuserSql(
      `INSERT INTO audit_legal_hold (id, placed_by, reason, actor_id)
       VALUES (gen_random_uuid(), 'counsel', 'lawsuit', $1) RETURNING id`,
      [person.id],
    );
    expect(held).toHaveLength(1);
    const done = await finish(await plan());
    expect([await personalEvents(), done.counts.held]).toEqual([1, 1]);
  });

  it('lists the texts of holds and of requests that name the person, which it does not change', async () => {
    const [email, by] = [`${person.id}@example.com`, { type: 'admin', id: 'dpo' } as const];
    const { outside } = (await finish(await plan(person.id, [email]))).remnants;
    expect(outside).not.toContain('legal_holds');
    expect(outside).not.toContain('erasure_requests');
    const signer = running.app.get(CheckpointSigner);
    await withSession((session) =>
      placeHold(session, { tenantId: uuidv7(), reason: `Complaint of ${email}` }, 'counsel', signer),
    );
    const request = { by, reason: `Asked by ${email}`, startsAt: NEVER };
    const again = await withSession((session) =>
      planErasure(session, { id: person.id, identifiers: [email] }, request, signer),
    );
    expect((await finish(again)).remnants.outside).toEqual(expect.arrayContaining(['legal_holds', 'erasure_requests']));
  });

  it('erases nothing while a hold that a signed act states is gone from its table', async () => {
    await audit.record('order_creation', { actor: person });
    const hold = await withSession((session) =>
      placeHold(session, { reason: 'lawsuit', actorId: person.id }, 'counsel', running.app.get(CheckpointSigner)),
    );
    await database.superuserSql('CREATE TABLE kept_hold AS TABLE audit_legal_hold');
    await database.superuserSql(
      `SET session_replication_role = 'replica'; DELETE FROM audit_legal_hold WHERE id = '${hold.id}'`,
    );
    const planned = await plan();
    const refused = await eventually(async () =>
      advance(planned).then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    expect(refused).toMatchObject({ code: 'AUDIT_ACTS_CONTRADICTED' });
    expect(await personalEvents()).toBe(1);
    await database.superuserSql(
      `SET session_replication_role = 'replica'; INSERT INTO audit_legal_hold SELECT * FROM kept_hold WHERE id = '${hold.id}'`,
    );
    const done = await finish(planned);
    expect([await personalEvents(), done.counts.held]).toEqual([1, 1]);
  });
});

function sumCounts({ counts }: ErasureRecord): number {
  return Object.values(counts.events)
    .flatMap((month) => Object.values(month))
    .reduce((sum, count) => sum + count, 0);
}
