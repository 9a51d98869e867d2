import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeKeyFile } from '../../../src/modules/monitoring/signing/signing-key-file.js';
import { eventually } from '../../support/eventually.js';
import { freshKeyFile } from '../../support/fresh-key-file.js';
import { expectSoundLog, makeSequencer, makeSigner, ORIGIN } from '../../support/log-scene.js';
import { runSql } from '../../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

const WRITERS = 4;
const KILLS = 10;

let database: TestDatabase;
let keyFile: string;
let spillDir: string;
const writers = new Map<string, ChildProcess>();

beforeEach(async () => {
  database = await createTestDatabase();
  keyFile = freshKeyFile();
  await makeKeyFile(keyFile, ORIGIN);
  spillDir = await mkdtemp(join(tmpdir(), 'audit-spill-'));
});

afterEach(async () => {
  for (const writer of writers.values()) writer.kill('SIGKILL');
  writers.clear();
  await eventually(async () => (await sessionsOfWriters()) === 0);
  await database.drop();
  await rm(spillDir, { recursive: true });
});

/** Starts an application whose connections are called by its name, and waits until it records. */
async function startWriter(name: string): Promise<void> {
  const connectionUrl = `${database.url}?application_name=${name}`;
  const options = JSON.stringify({
    connectionUrl,
    signingKeyFile: keyFile,
    origin: ORIGIN,
    spillDir: join(spillDir, name),
  });
  const writer = spawn(process.execPath, ['test/support/ledger-writer.mjs', options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  writers.set(name, writer);
  await once(writer.stdout, 'data');
}

async function findLeader(): Promise<string | undefined> {
  const [row] = await runSql(
    database.superuserUrl,
    `SELECT a.application_name AS name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 7361994 AND a.datname = current_database()`,
  );
  return typeof row?.name === 'string' ? row.name : undefined;
}

/** The server ends a statement before it sees that its client was killed. */
async function sessionsOfWriters(): Promise<number> {
  const [row] = await runSql(
    database.superuserUrl,
    `SELECT count(*)::int AS sessions FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'writer%'`,
  );
  return Number(row?.sessions);
}

async function sealed(): Promise<number> {
  const [row] = await runSql(database.superuserUrl, 'SELECT coalesce(max(size), 0)::int AS size FROM audit_checkpoint');
  return Number(row?.size);
}

describe('the leader of the sequencing', () => {
  it('is followed by another each time it is killed, and nothing is lost or sealed twice', async () => {
    await Promise.all(Array.from({ length: WRITERS }, (_, nth) => startWriter(`writer_${nth}`)));
    for (let kill = 0; kill < KILLS; kill++) {
      const leader = await eventually(findLeader);
      const before = await sealed();
      await eventually(async () => (await sealed()) > before); // it leads, and seals
      const writer = writers.get(leader);
      writer?.kill('SIGKILL');
      writers.delete(leader);
      const [next] = await Promise.all([
        eventually(async () => {
          const name = await findLeader();
          return name !== leader && name;
        }),
        startWriter(`writer_${WRITERS + kill}`),
      ]);
      expect(writers.has(next)).toBe(true);
    }
    await Promise.all(
      [...writers.values()].map(async (writer) => {
        writer.stdin?.end();
        await once(writer, 'exit');
      }),
    );
    const signer = await makeSigner(keyFile);
    const { sequencer, failures } = makeSequencer(database.url, signer);
    await sequencer.step();
    await sequencer.close();
    expect(failures).toEqual([]);
    const ids = await expectSoundLog(database.url, signer);
    expect(ids.length).toBeGreaterThan(KILLS * WRITERS);
  });
});
