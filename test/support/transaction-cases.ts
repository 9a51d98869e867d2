import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Inject, Injectable, Param } from '@nestjs/common';
import pg from 'pg';
import { AuditAggregator, AuditContext, auditedPg, AuditedTransaction, AuditProvider } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { storeContextKey } from './context-scene.js';
import { eventually } from './eventually.js';
import { freshKeyFile } from './fresh-key-file.js';
import type { ListeningApp } from './http-app.js';
import { isLeftOut, pgbouncerProgram } from './installed-servers.js';
import { closeAfterTests, testDatabase } from './close-after-tests.js';
import { startLedgerApp } from './ledger-app.js';
import { startPooler } from './pooler.js';
import { settled } from './settled.js';
import { tempFolder } from './temp-folder.js';
import type { TestDatabase } from './test-database.js';
import type { MakeClient, TestClient } from './transaction-clients.js';
import { WHOLE } from './whole.js';

/** Each of five moments, under both policies. */
const RACES = 10;
const KEY = 'of the connections of the tests, and of no other one';

/** The transactions' tables, and an application with a ledger that the events of other transactions than its own can join. */
export class TransactionScene {
  readonly audited = { ...pg, ...auditedPg(pg, { key: KEY }) };
  readonly memory = new InMemoryAuditProvider();
  /** Writes without any transaction. */
  readonly other: pg.Client;
  /** What the application names as its transaction. */
  current: object | undefined;
  audit!: AuditAggregator;

  private constructor(
    readonly database: TestDatabase,
    /** Has a ledger that the application does not know. */
    readonly elsewhere: TestDatabase,
    /** Absent where pgbouncer is left out. */
    readonly poolerUrl: string | undefined,
    /** Applications that write into one ledger have one key. */
    readonly signingKeyFile: string,
  ) {
    this.other = new this.audited.Client({ connectionString: database.url });
  }

  static async open(): Promise<TransactionScene> {
    const database = await testDatabase();
    const isPooled = !isLeftOut('pgbouncer', pgbouncerProgram());
    const pooler = isPooled ? await closeAfterTests(startPooler(database)) : undefined;
    const scene = new TransactionScene(database, await testDatabase(), pooler?.url, freshKeyFile());
    await storeContextKey(database, 'test', KEY);
    await database.sql(`
      CREATE TABLE note (text text UNIQUE DEFERRABLE INITIALLY DEFERRED, actor text);
      CREATE FUNCTION name_actor() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        NEW.actor := audit_context() #>> '{actor,id}';
        RETURN NEW;
      END $$;
      CREATE TRIGGER name_actor BEFORE INSERT ON note FOR EACH ROW EXECUTE FUNCTION name_actor()`);
    await scene.other.connect();
    afterAll(() => scene.other.end()); // before the database is dropped
    await scene.start();
    afterEach(() => scene.empty());
    return scene;
  }

  private async start(): Promise<void> {
    const { other } = this;

    /** Has a connection of its own, which is not that of the transaction. */
    @AuditProvider({ backend: 'elsewhere' })
    class ElsewhereProvider {
      record(): Promise<void> {
        return Promise.resolve();
      }

      async recordInTransaction(): Promise<boolean> {
        await other.query('SELECT 1');
        return false;
      }
    }

    const { app } = await startLedgerApp(this.database.url, {
      audit: { spillDir: await tempFolder('audit-spill-'), currentTransaction: () => this.current },
      monitoring: { signingKeyFile: this.signingKeyFile },
      providers: [{ provide: InMemoryAuditProvider, useValue: this.memory }, ElsewhereProvider],
    });
    await closeAfterTests(app);
    this.audit = app.get(AuditAggregator);
  }

  async stored(): Promise<readonly string[]> {
    await settled(this.database);
    const rows = await this.database.sql(`SELECT type FROM audit_event WHERE category <> 'system' ORDER BY id`);
    return rows.map(({ type }) => String(type));
  }

  async notes(): Promise<readonly string[]> {
    return (await this.database.sql('SELECT text FROM note ORDER BY text')).map(({ text }) => String(text));
  }

  /** What the provider without a connection got. */
  get told(): readonly string[] {
    return this.memory.events.filter(({ category }) => category !== 'system').map(({ type }) => type);
  }

  async empty(): Promise<void> {
    await settled(this.database);
    await this.database.superuserSql(
      'SET session_replication_role = replica; DELETE FROM audit_event; DELETE FROM note',
    );
    this.memory.clear();
    this.current = undefined;
  }
}

const refuse = (): never => {
  throw new Error('refused');
};

/** What the documentation says of a client, of which {@link describeJoining} is the test. */
interface ClientFacts {
  readonly hasSavepoints: boolean;
}

const FACTS = JSON.parse(readFileSync(new URL('clients.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, ClientFacts | undefined>
>;

/** Each case runs on a pool of one connection, where an event that does not join would wait forever. */
export function describeJoining(name: string, make: MakeClient, scene: TransactionScene): void {
  const { database, audit } = scene;
  const facts = FACTS[name];
  if (!facts) throw new Error(`test/support/clients.json does not have ${name}.`);
  let client: TestClient;
  beforeAll(async () => {
    client = await make(database.url, pg);
  });
  afterAll(() => client.end());

  const insert = (on: TestClient, transaction: object, text: string) =>
    on.run(transaction, `INSERT INTO note VALUES ('${text}')`);

  describe('an event in a transaction', () => {
    it('is stored by the commit, with those recorded at the same time, and by nothing before it', async () => {
      const names = [1, 2, 3].map((nth) => `step_${nth}_x`);
      await client.transact(async (transaction) => {
        await insert(client, transaction, 'a');
        const receipt = await audit.record('thing_made', {}, { transaction });
        expect(receipt).toMatchObject({
          recorded: true,
          providers: { database: { status: 'joined' }, memory: { status: 'pending' } },
        });
        await Promise.all(names.map((type) => audit.record(type, {}, { transaction })));
        expect([await scene.stored(), scene.told]).toEqual([[], []]);
        setImmediate(() => void receipt.deliver?.());
      });
      expect([[...(await scene.stored())].sort(), await scene.notes()]).toEqual([[...names, 'thing_made'], ['a']]);
      await eventually(() => scene.told.join() === 'thing_made');
    });

    it('is stored beside row changes that name the actor, on a connection of auditedPg', async () => {
      const audited = await make(database.url, scene.audited);
      await AuditContext.run({ actor: { type: 'user', id: 'u-7' } }, () =>
        audited.transact(async (transaction) => {
          await insert(audited, transaction, 'a');
          await audit.record('thing_made', {}, { transaction });
        }),
      ).finally(() => audited.end());
      const [row] = await database.sql('SELECT actor FROM note');
      expect([row?.actor, await scene.stored()]).toEqual(['u-7', ['thing_made']]);
    });

    it('is undone by the rollback', async () => {
      const failing = client.transact(async (transaction) => {
        await insert(client, transaction, 'a');
        await audit.record('thing_made', {}, { transaction });
        refuse();
      });
      await expect(failing).rejects.toThrow('refused');
      await audit.drain();
      expect([await scene.stored(), await scene.notes(), scene.told]).toEqual([[], [], []]);
    });

    (facts.hasSavepoints ? it : it.skip)(
      'is undone by the rollback to its savepoint, and no other one is',
      async () => {
        const nest: NonNullable<TestClient['nest']> = (transaction, work) =>
          client.nest?.(transaction, work) ?? refuse();
        await client.transact(async (transaction) => {
          await audit.record('before', {}, { transaction });
          await nest(transaction, async (inner) => {
            await audit.record('kept', {}, { transaction: inner });
          });
          const failing = nest(transaction, async (inner) => {
            await audit.record('lost', {}, { transaction: inner });
            refuse();
          });
          await failing.catch(() => undefined);
          await audit.record('after', {}, { transaction });
        });
        expect(await scene.stored()).toEqual(['before', 'kept', 'after']);
      },
    );

    it('joins without an argument where the application names the transaction, unless it is a failure', async () => {
      const failing = client.transact(async (transaction) => {
        scene.current = transaction;
        await audit.record('thing_made');
        await audit.record('user_login_failed');
        refuse();
      });
      await expect(failing).rejects.toThrow('refused');
      scene.current = client.idle;
      await audit.record('thing_sold');
      expect(await scene.stored()).toEqual(['user_login_failed', 'thing_sold']);
    });

    it('is refused outside a transaction, and after its end', async () => {
      const call = audit.record('thing_made', {}, { transaction: client.idle });
      await expect(call).rejects.toMatchObject({ code: 'AUDIT_TRANSACTION_MISSING' });
      if (name === 'a function') return; // of which the caller alone knows the end
      let ended: object = {};
      await client.transact((transaction) => {
        ended = transaction;
        return Promise.resolve();
      });
      const late = audit.record('thing_made', {}, { transaction: ended }).then(({ recorded }) => recorded);
      expect([await late.catch(() => false), await scene.stored()]).toEqual([false, []]);
    });

    // The other cases depend on PostgreSQL and on the library, not on the client.
    if (!WHOLE && name !== 'pg') return;

    it.each<[string, (transaction: object) => Promise<unknown>]>([
      ['the server answers the COMMIT with ROLLBACK', (transaction) => client.run(transaction, 'SELECT 1 / 0')],
      ['the COMMIT fails, at a deferred constraint', (transaction) => insert(client, transaction, 'a')],
    ])('is undone where %s', async (_, spoil) => {
      const ending = client.transact(async (transaction) => {
        await insert(client, transaction, 'a');
        await audit.record('thing_made', {}, { transaction });
        await spoil(transaction).catch(() => undefined);
      });
      await ending.catch(() => undefined);
      await audit.drain();
      expect([await scene.stored(), await scene.notes(), scene.told]).toEqual([[], [], []]);
    });

    it('is undone where the connection ends before the COMMIT, as by kill -9', async () => {
      const lost = await make(database.url, pg); // MikroORM 7.2 never gives a lost connection back to its pool
      const failing = lost.transact(async (transaction) => {
        await audit.record('thing_made', {}, { transaction });
        await lost.run(transaction, 'SELECT pg_terminate_backend(pg_backend_pid())').catch(() => undefined);
      });
      await failing.catch(() => undefined);
      expect([await scene.stored(), scene.told]).toEqual([[], []]);
      void lost.end();
    });

    it('belongs to its own one of two that are open at the same time', async () => {
      const second = await make(database.url, pg);
      let goOn = (): void => undefined;
      const waiting = new Promise<void>((resolve) => (goOn = resolve));
      const undone = client.transact(async (transaction) => {
        await audit.record('thing_made', {}, { transaction });
        await waiting;
        refuse();
      });
      try {
        await second.transact(async (transaction) => {
          await audit.record('thing_sold', {}, { transaction });
        });
      } finally {
        goOn();
        await expect(undone).rejects.toThrow('refused');
        await second.end();
      }
      expect(await scene.stored()).toEqual(['thing_sold']);
    });

    /** Lets `attempt` record in a transaction that rolls back. A race may end either way, so it runs often. */
    const undone = async (attempt: (record: () => Promise<unknown>, transaction: object) => Promise<unknown>[]) => {
      for (let nth = 0; nth < RACES; nth++) {
        const onFailure = nth % 2 === 0 ? 'open' : 'closed';
        let calls: Promise<unknown>[] = [];
        const failing = client.transact(async (transaction) => {
          calls = attempt(() => audit.record('thing_made', {}, { transaction, onFailure }), transaction);
          for (const call of calls) call.catch(() => undefined);
          await client.run(transaction, 'SELECT 1');
          refuse();
        });
        await expect(failing).rejects.toThrow();
        await Promise.allSettled(calls);
      }
      await audit.drain();
      expect([await scene.stored(), scene.told]).toEqual([[], []]);
    };

    it('is not stored by a call that races the ROLLBACK', async () => {
      let turns = 0;
      await undone((record, transaction) => {
        const late = async (): Promise<void> => {
          await client.run(transaction, 'SELECT 1');
          for (let turn = turns++ % 5; turn > 0; turn--) await nextTurn();
          await record();
        };
        return [late()];
      });
    });

    it('is not stored by calls that nobody awaits before the ROLLBACK', () => undone((record) => [record(), record()]));

    it.each(['open', 'closed'] as const)('is refused after a ROLLBACK as a text: %s', async (onFailure) => {
      let call: Promise<unknown> = Promise.resolve();
      const ending = client.transact(async (transaction) => {
        await client.run(transaction, 'ROLLBACK');
        await (call = audit.record('thing_made', {}, { transaction, onFailure })).catch(() => undefined);
      });
      await ending.catch(() => undefined);
      await expect(call).rejects.toMatchObject({ code: 'AUDIT_TRANSACTION_MISSING' });
      expect([await scene.stored(), scene.told]).toEqual([[], []]);
    });

    it('with the policy closed, fails the call where the ledger refuses it', async () => {
      await database.superuserSql(`
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
        CREATE TRIGGER refuse BEFORE INSERT ON audit_inbox FOR EACH ROW EXECUTE FUNCTION refuse()`);
      try {
        const failing = client.transact(async (transaction) => {
          await insert(client, transaction, 'a');
          await audit.record('thing_made', {}, { transaction, onFailure: 'closed' });
        });
        await expect(failing).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
      } finally {
        await database.superuserSql('DROP TRIGGER refuse ON audit_inbox; DROP FUNCTION refuse');
      }
      expect([await scene.stored(), await scene.notes()]).toEqual([[], []]);
    });

    it('is refused where the ledger is in another database, since nobody would store it after the COMMIT', async () => {
      const distant = await make(scene.elsewhere.url, pg);
      const recording = distant.transact(async (transaction) => {
        await audit.record('thing_made', {}, { transaction });
      });
      await expect(recording.finally(() => distant.end())).rejects.toMatchObject({
        code: 'AUDIT_TRANSACTION_UNTRACKED',
      });
      expect(await scene.stored()).toEqual([]);
    });

    (scene.poolerUrl === undefined ? it.skip : it)('is stored through pgbouncer in transaction mode', async () => {
      const pooled = await make(scene.poolerUrl ?? '', pg);
      await pooled
        .transact(async (transaction) => {
          await insert(pooled, transaction, 'a');
          await audit.record('thing_made', {}, { transaction });
        })
        .finally(() => pooled.end());
      expect([await scene.stored(), await scene.notes()]).toEqual([['thing_made'], ['a']]);
    });
  });
}

/** Methods with `@AuditedTransaction`, called over HTTP, whose transactions each client of the table runs. */
export function describeMethods(clients: Readonly<Record<string, MakeClient>>, scene: TransactionScene): void {
  describe('methods over HTTP', () => describeClientMethods(clients, scene));
}

function describeClientMethods(clients: Readonly<Record<string, MakeClient>>, scene: TransactionScene): void {
  const { database } = scene;
  let client: TestClient;
  let retries = 0;
  let app: ListeningApp['app'];
  let base: string;
  const write = (text: string): Promise<unknown> =>
    client.run(AuditContext.transaction(), `INSERT INTO note VALUES ('${text}')`);

  @Injectable()
  class Steps {
    constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

    @AuditedTransaction()
    async nested(text: string, fails: boolean): Promise<void> {
      await write(text);
      await this.audit.record(`${text}_done`);
      if (fails) refuse();
    }

    @AuditedTransaction('note_writing', { resource: () => ({ type: 'note', id: 'a' }) })
    async write(how: string): Promise<string> {
      await write('a');
      const fails = how === 'failing' || (how.startsWith('retried') && retries++ === 0);
      if (how === 'retried, unawaited' && fails)
        for (let nth = 0; nth < 5; nth++) this.audit.record('lost').catch(() => undefined);
      if (how !== 'unawaited') await this.audit.record('step_done');
      else void this.audit.record('step_done');
      if (how === 'nested') {
        await this.nested('inner', false);
        await this.nested('lost', true).catch(() => undefined);
      }
      if (how === 'broken') await client.run(AuditContext.transaction(), 'SELECT 1 / 0').catch(() => undefined);
      if (how === 'ended') await client.run(AuditContext.transaction(), 'ROLLBACK');
      if (fails) refuse();
      return how;
    }
  }

  @Controller()
  class NotesController {
    constructor(@Inject(Steps) private readonly steps: Steps) {}

    @Get('notes/:how')
    @AuditedTransaction('note_request')
    answer(@Param('how') how: string): Promise<string> {
      return this.steps.write(how);
    }
  }

  beforeAll(async () => {
    const transactions = async (work: (transaction: object) => Promise<unknown>) => {
      let result: unknown;
      const once = (): Promise<void> => client.transact(async (transaction) => void (result = await work(transaction)));
      await once().catch((error: unknown) => (retries === 1 ? once() : Promise.reject(error as Error)));
      retries = 0;
      return result;
    };
    const started = await startLedgerApp(database.url, {
      audit: { transactions },
      monitoring: { signingKeyFile: scene.signingKeyFile },
      controllers: [NotesController],
      providers: [Steps, { provide: InMemoryAuditProvider, useValue: scene.memory }],
    });
    ({ app, url: base } = { app: started.app, url: await started.app.getUrl() });
  });
  afterAll(() => app.close());

  const ask = (how: string): Promise<Response> => fetch(`${base}/notes/${how}`);
  const isSuccess = (type: string): boolean => !type.endsWith('_failed');

  const DONE = ['note_request', 'note_writing', 'step_done'];

  describe.each(Object.entries(clients))('a method, by %s,', (name, make) => {
    beforeAll(async () => {
      client = await make(database.url, pg);
    });
    afterAll(() => client.end());
    const isDeep = WHOLE || name === 'pg'; // the other cases depend on no client

    it.each([
      ['nested', ['inner_done', ...DONE], ['a', 'inner']],
      ...(isDeep ? ['plain', 'unawaited', 'retried', 'retried, unawaited'] : []).map(
        (how) => [how, DONE, ['a']] as const,
      ),
    ])('commits its change and its events together, and tells other providers: %s', async (how, types, texts) => {
      const response = await ask(how);
      expect([response.status, await response.text()]).toEqual([200, how]);
      expect([[...(await scene.stored())].filter(isSuccess).sort(), await scene.notes()]).toEqual([types, texts]);
      await eventually(() => [...scene.told].filter(isSuccess).sort().join() === types.join());
    });

    it.each(['failing', ...(isDeep ? ['broken', 'ended'] : [])])(
      'rolls both back, and records the failure: %s',
      async (how) => {
        expect((await ask(how)).status).toBe(500);
        const failures = ['note_request_failed', 'note_writing_failed'];
        expect([[...(await scene.stored())].sort(), await scene.notes()]).toEqual([failures, []]);
        await app.get(AuditAggregator).drain();
        expect([...scene.told].sort()).toEqual(failures);
      },
    );
  });
}
