import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startAppProcess, type AppProcess } from '../../support/app-process.js';
import { eventually } from '../../support/eventually.js';
import { freshKeyFile } from '../../support/fresh-key-file.js';
import { addEvents } from '../../support/log-scene.js';
import { expectUnbroken } from '../../support/received-batches.js';
import { runSql, withClient } from '../../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';
import { startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver.js';

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;

let database: TestDatabase;
let folder: string;
let receiver: WebhookReceiver;
let environment: Record<string, string>;
let running: AppProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'audit-streams-'));
  receiver = await startWebhookReceiver(SECRET);
  const streams = [
    {
      name: 'siem',
      destination: { type: 'webhook', url: receiver.url, secrets: [SECRET], allowPrivateAddresses: true },
      personal: 'include',
      batch: { maxEvents: 50 },
    },
  ];
  await writeFile(join(folder, 'streams.json'), JSON.stringify(streams));
  environment = {
    DATABASE_URL: database.url,
    AUDIT_STREAMS_FILE: join(folder, 'streams.json'),
    AUDIT_SIGNING_KEY_FILE: resolve(freshKeyFile()),
    AUDIT_SPILL_DIR: join(folder, 'spill'),
    AUDIT_ROW_CHANGES: 'false',
  };
});

afterAll(async () => {
  for (const app of running) await app.end('SIGTERM');
  await receiver.close();
  await rm(folder, { recursive: true });
  await database.drop();
});

async function start(): Promise<AppProcess> {
  const app = await startAppProcess(folder, environment);
  running.push(app);
  return app;
}

async function kill(app: AppProcess): Promise<void> {
  running = running.filter((each) => each !== app);
  await app.end('SIGKILL');
}

async function add(events: number): Promise<void> {
  await withClient(database.url, (client) => addEvents(client, events));
}

/** Waits until everything that is stored is sealed and at the receiver. Resolves with the number of sealed events. */
async function sealedAndSent(): Promise<number> {
  return eventually(async () => {
    const [row] = await runSql(
      database.url,
      `SELECT (SELECT count(*)::int FROM audit_leaf) AS sealed, (SELECT count(*)::int FROM audit_unsequenced) AS waiting,
              (SELECT looked::int FROM audit_stream WHERE name = 'siem') AS looked`,
    );
    return row?.waiting === 0 && row.looked === row.sealed && Number(row.sealed) > 0 && Number(row.sealed);
  });
}

describe('a stream to a webhook', () => {
  it('brings each sealed event, in order, through kills of the application and failures of the receiver', async () => {
    const app = await start();
    await add(300);
    await sealedAndSent();

    let requests = 0;
    receiver.answerBy((_batch, response) => {
      requests += 1;
      if (requests % 3 === 1) return 503;
      if (requests % 3 === 2) {
        response.destroy(); // it has the batch, and the application does not know
        return 'own';
      }
      return 200;
    });
    await add(200);
    await eventually(() => requests >= 2);
    await kill(app);
    const other = await start();
    await add(200);
    const sealed = await sealedAndSent();
    await kill(other);

    expect(receiver.unverified).toEqual([]);
    expect(expectUnbroken(receiver.received)).toEqual(Array.from({ length: sealed }, (_, index) => index));
    const ids = receiver.accepted().flatMap(({ events }) => events.map(({ id }) => id));
    const stored = await runSql(database.superuserUrl, 'SELECT event_id::text AS id FROM audit_leaf ORDER BY index');
    expect(ids).toEqual(stored.map(({ id }) => id));
    expect(
      receiver.accepted().some(({ checkpoint = '' }) => checkpoint.includes('nestjs-audit-ledger.local/ledger')),
    ).toBe(true);
  });
});
