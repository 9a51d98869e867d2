import { afterAll, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startAppProcess, type AppProcess } from '../../support/app-process.js';
import { addEvents, eventually, freshKeyFile, tempFolder, withClient } from '../../support/index.js';
import { createTestDatabase } from '../../support/test-database.js';
import { passed } from '../../support/stream-app.js';

const LOCK = 7_423_901;
const HOLD_UP = `
  CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock_shared(${LOCK}); RETURN NEW; END $$;
  CREATE TRIGGER hold_up BEFORE UPDATE OF handled_batches ON audit_consumer FOR EACH ROW EXECUTE FUNCTION hold_up()`;
const HELD_UP = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = ${LOCK} AND NOT granted`;

interface Line {
  readonly batch: string | { readonly id: string; readonly first: number; readonly last: number };
  readonly index?: number;
}
const running = new Set<AppProcess>();

const database = await createTestDatabase();
const folder = await tempFolder('audit-file-stream-');
const path = join(folder, 'events.jsonl');
const destination = { type: 'file', path };
const streams = [{ name: 'file', destination, personal: 'include', batch: { maxEvents: 20 } }];
await writeFile(join(folder, 'streams.json'), JSON.stringify(streams));
const environment = {
  DATABASE_URL: database.url,
  AUDIT_STREAMS_FILE: join(folder, 'streams.json'),
  AUDIT_SIGNING_KEY_FILE: resolve(freshKeyFile()),
  AUDIT_SPILL_DIR: join(folder, 'spill'),
  AUDIT_ROW_CHANGES: 'false',
  AUDIT_WATCH: 'false',
};

afterAll(async () => {
  for (const app of running) await app.end('SIGKILL');
  await database.drop();
});

async function start(): Promise<AppProcess> {
  const app = await startAppProcess(folder, environment);
  running.add(app);
  return app;
}

async function kill(app: AppProcess): Promise<void> {
  running.delete(app);
  await app.end('SIGKILL');
}

async function lines(): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

it('a stream to a file writes a batch again, the same bytes, after a kill between the write and its acknowledgement', async () => {
  await withClient(database.url, (client) => addEvents(client, 50));
  const before = await withClient(database.superuserUrl, async (client) => {
    await client.query(HOLD_UP);
    await client.query(`SELECT pg_advisory_lock(${LOCK})`);
    const app = await start();
    const pid = await eventually(async () => {
      const { rows } = await client.query<{ pid: number }>(HELD_UP);
      return rows[0]?.pid;
    });
    const written = await lines();
    await kill(app);
    await client.query('SELECT pg_terminate_backend($1)', [pid]); // what it waits to commit is lost with its client
    await eventually(async () => (await client.query(HELD_UP)).rowCount === 0);
    await client.query('DROP TRIGGER hold_up ON audit_consumer');
    return written;
  });
  expect(before).toHaveLength(21);

  const app = await start();
  await passed(database, 'file');
  await kill(app);
  const after = await lines();
  expect(after.slice(0, 42)).toEqual([...before, ...before]);

  const once = [...new Set(after)].map((line) => JSON.parse(line) as Line);
  const [sealed] = await database.sql('SELECT count(*)::int AS count FROM audit_leaf');
  const places = once.flatMap(({ index }) => (index === undefined ? [] : [index]));
  expect(places).toEqual(Array.from({ length: Number(sealed?.count) }, (_, index) => index));
  expect(new Set(once.map(({ batch }) => (typeof batch === 'string' ? batch : batch.id))).size).toBe(
    once.filter(({ batch }) => typeof batch !== 'string').length,
  );
});
