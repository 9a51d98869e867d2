import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Inject, Injectable, Module, Param } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import pg from 'pg';
import { AuditAggregator, AuditContext, AuditedTransaction, AuditModule } from '../../src/audit/index.js';
import { AuditTestingModule, InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { eventually, settled, testDatabase } from '../support/index.js';
import { freshKeyFile } from '../support/fresh-key-file.js';
import type { ListeningApp } from '../support/http-app.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { TRANSACTION_CLIENTS, type TestClient } from '../support/transaction-clients.js';

let client: TestClient;
const asked: unknown[] = [];
let retries = 0;

const write = (text: string): Promise<unknown> =>
  client.run(AuditContext.transaction(), `INSERT INTO note VALUES ('${text}')`);

@Injectable()
class Steps {
  constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

  @AuditedTransaction()
  async nested(text: string, fails: boolean): Promise<void> {
    await write(text);
    await this.audit.record(`${text}_done`);
    if (fails) throw new Error('refused');
  }

  @AuditedTransaction('note_writing', { resource: () => ({ type: 'note', id: 'a' }) })
  async write(how: string): Promise<string> {
    await write('a');
    if (how !== 'unawaited') await this.audit.record('step_done');
    else void this.audit.record('step_done');
    if (how === 'nested') {
      await this.nested('inner', false);
      await this.nested('lost', true).catch(() => undefined);
    }
    if (how === 'broken') await client.run(AuditContext.transaction(), 'SELECT 1 / 0').catch(() => undefined);
    if (how === 'failing' || (how === 'retried' && retries++ === 0)) throw new Error('refused');
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

const database = await testDatabase();
await database.sql('CREATE TABLE note (text text)');
const signingKeyFile = freshKeyFile(); // all applications write into one ledger
const memory = new InMemoryAuditProvider();

const stored = async (): Promise<readonly string[]> => {
  await settled(database);
  const rows = await database.sql(`SELECT type FROM audit_event WHERE category <> 'system' ORDER BY id`);
  return rows.map(({ type }) => String(type)).sort();
};
const notes = async (): Promise<readonly string[]> =>
  (await database.sql('SELECT text FROM note ORDER BY text')).map(({ text }) => String(text));
const told = (): readonly string[] =>
  memory.events
    .filter(({ category }) => category !== 'system')
    .map(({ type }) => type)
    .sort();

const others = Object.entries(TRANSACTION_CLIENTS).filter(([name]) => name !== 'TypeORM');

describe.each(others)('@AuditedTransaction with transactions of %s', (_name, make) => {
  let app: ListeningApp['app'];
  let base: string;
  let audit: AuditAggregator;
  beforeAll(async () => {
    client = await make(database.url, pg);
    const transactions = async (work: (transaction: object) => Promise<unknown>, settings: unknown) => {
      asked.push(settings);
      let result: unknown;
      const once = (): Promise<void> => client.transact(async (transaction) => void (result = await work(transaction)));
      await once().catch((error: unknown) => (retries === 1 ? once() : Promise.reject(error as Error)));
      retries = 0;
      return result;
    };
    const started = await startLedgerApp(database.url, {
      audit: { transactions },
      monitoring: { signingKeyFile },
      controllers: [NotesController],
      providers: [Steps, { provide: InMemoryAuditProvider, useValue: memory }],
    });
    ({ app, url: base } = { app: started.app, url: await started.app.getUrl() });
    audit = app.get(AuditAggregator);
  });
  afterAll(async () => {
    await app.close();
    await client.end();
  });

  afterEach(async () => {
    await settled(database);
    await database.superuserSql('SET session_replication_role = replica; TRUNCATE audit_event, note');
    memory.clear();
  });

  const ask = (how: string): Promise<Response> => fetch(`${base}/notes/${how}`);

  it.each([
    ['plain', ['note_request', 'note_writing', 'step_done'], ['a']],
    ['unawaited', ['note_request', 'note_writing', 'step_done'], ['a']],
    ['nested', ['inner_done', 'note_request', 'note_writing', 'step_done'], ['a', 'inner']],
    ['retried', ['note_request', 'note_writing', 'step_done'], ['a']],
  ])('commits the change and its events together, and tells the other providers: %s', async (how, events, written) => {
    const response = await ask(how);
    expect([response.status, await response.text()]).toEqual([200, how]);
    expect([(await stored()).filter((type) => !type.endsWith('_failed')), await notes()]).toEqual([events, written]);
    await eventually(
      () =>
        told()
          .filter((type) => !type.endsWith('_failed'))
          .join() === events.join(),
    );
  });

  it.each([['failing'], ['broken']])('rolls both back, and records the failure: %s', async (how) => {
    expect((await ask(how)).status).toBe(500);
    expect([await stored(), await notes()]).toEqual([['note_request_failed', 'note_writing_failed'], []]);
    await audit.drain();
    expect(told()).toEqual(['note_request_failed', 'note_writing_failed']);
  });
});

describe('an application with @AuditedTransaction, but no transactions', () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(() => Promise.all(closers.splice(0).map((close) => close())));

  it('does not start, and names the method and what to write', async () => {
    @Module({ imports: [AuditModule.forRoot({ spillDir: false })], controllers: [NotesController], providers: [Steps] })
    class BareModule {}
    const app = await Test.createTestingModule({ imports: [BareModule] }).compile();
    closers.push(() => app.close());
    const starting = app.init();
    await expect(starting).rejects.toMatchObject({ code: 'AUDIT_DATA_SOURCE_UNKNOWN' });
    await expect(starting).rejects.toThrow(/Steps\.nested: .*transactions: \(work\) => db\.transaction\(work\)/s);
  });

  it('starts in tests, without a database, where a failed method keeps only its failure', async () => {
    @Module({
      imports: [AuditTestingModule.forRoot()],
      providers: [{ provide: Steps, useClass: Steps }],
    })
    class UnitModule {}
    const app = await Test.createTestingModule({ imports: [UnitModule] }).compile();
    closers.push(() => app.close());
    await app.init();
    client = { run: () => Promise.resolve() } as unknown as TestClient;
    const events = (): readonly string[] => app.get(InMemoryAuditProvider).events.map(({ type }) => type);
    await app.get(Steps).write('nested');
    expect([...events()].sort()).toEqual(['inner_done', 'note_writing', 'step_done']);
    app.get(InMemoryAuditProvider).clear();
    await expect(app.get(Steps).write('failing')).rejects.toThrow('refused');
    expect(events()).toEqual(['note_writing_failed']);
  });
});
