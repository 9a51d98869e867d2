// When it gets a message, fills a ledger, seals it or verifies it. It uses the ledger's own code, without an application.
import { hash } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { AuditModule } from 'nestjs-audit-ledger';
import pg from 'pg';
import { EventFactory } from '../../dist/src/audit/event-factory.service.js';
import { PersonalNames } from '../../dist/src/audit/personal-names.service.js';
import { LogSequencer } from '../../dist/src/monitoring/sealer/log-sequencer.js';
import { CheckpointSigner } from '../../dist/src/monitoring/proof/signing/checkpoint-signer.service.js';
import { verifyLedger } from '../../dist/src/monitoring/proof/verify/verify-ledger.js';
import { WriterKeys } from '../../dist/src/audit/nest-free.js';
import { InboxKeys } from '../../dist/src/monitoring/store/inbox-keys.js';
import { insertRows, toInboxLines, packInboxRows } from '../../dist/src/monitoring/inbox/inbox-row.js';
import { WRITERS } from '../../dist/src/monitoring/store/sessions/ledger-client.js';
import { rootModule } from './decorate.mjs';
import { makeInput, runAsRequest } from './typical-event.mjs';
import { writeKeyFile } from './write-key-file.mjs';

const BATCH = 1_000;
const PAGE_ROWS = 512;
const ORIGIN = 'nestjs-audit-ledger.local/ledger';
const THREAD = new URL('../../dist/src/cli/verify/verify-thread.js', import.meta.url);

const url = process.env.BENCH_DATABASE_URL;
const writer = new InboxKeys(new WriterKeys(['of the benchmark and not a secret']), ORIGIN);
WRITERS.set(url, writer);
const pool = new pg.Pool({ connectionString: url, max: 2 });

const WORK = { fill, seal, read, verify };
process.send({ kind: 'ready' });
process.on('disconnect', () => process.exit(1));
process.on('message', async (message) => {
  if (message.kind !== 'run') return close();
  const startedMs = performance.now();
  const answer = await WORK[message.work](message);
  const tookMs = performance.now() - startedMs;
  process.send({ kind: 'run', tookMs, peakMiB: process.resourceUsage().maxRSS / 1_024, ...answer });
});

/** Adds events as fast as this process can make them, with `batch` events in a statement. Does not wait until the events are durable. */
async function fill({ events, batch: size = BATCH }) {
  const app = await NestFactory.createApplicationContext(
    rootModule({ imports: [AuditModule.forRoot({ spillDir: false, writerKey: 'of the benchmark and not a secret' })] }),
    {
      logger: ['error'],
      abortOnError: false,
    },
  );
  const factory = app.get(EventFactory, { strict: false });
  const names = app.get(PersonalNames, { strict: false });
  let left = events;
  const work = async () => {
    const client = await pool.connect();
    await client.query("SET synchronous_commit = 'off'");
    while (left > 0) {
      const count = Math.min(left, size);
      left -= count;
      const batch = runAsRequest(() =>
        Array.from({ length: count }, () => factory.create('order_creation', makeInput())),
      );
      await client.query(
        insertRows(
          packInboxRows(
            toInboxLines(batch, (type) => names.rulesFor(type)),
            writer,
          ),
        ),
      );
    }
    client.release();
  };
  await Promise.all([work(), work()]);
  await app.close();
}

/** Seals events until the given number is sealed. The sealing uses a new key. */
async function seal({ events }) {
  const signingKeyFile = writeKeyFile(join(process.env.BENCH_DIR, 'signing.key'), ORIGIN);
  const signer = new CheckpointSigner({ signingKeyFile, checkpointMemory: `${signingKeyFile}.last`, origin: ORIGIN });
  await signer.onModuleInit();
  const sequencer = new LogSequencer(url, signer, { onCheckpoint: () => undefined, onFailure: (error) => fail(error) });
  const startedMs = performance.now();
  while ((sequencer.size ?? 0) < events) await sequencer.run();
  const sealingMs = performance.now() - startedMs;
  await sequencer.close();
  return { sealingMs, verifierKeys: signer.verifierKeys };
}

/** The least work of any verifier: reads every row as text, and hashes the row. */
async function read() {
  const text = { getTypeParser: () => (value) => value };
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const { rows } = await pool.query({
      name: 'read',
      text: `SELECT * FROM audit_event WHERE id > $1 ORDER BY id LIMIT ${PAGE_ROWS}`,
      values: [after],
      rowMode: 'array',
      types: text,
    });
    for (const row of rows) hash('sha256', row.join('\n'));
    if (rows.length < PAGE_ROWS) return;
    after = rows.at(-1)[0];
  }
}

/** Verifies as the command does. If `threads` is 1, the command uses only its own thread. */
async function verify({ threads, verifierKeys }) {
  const { verdict, findings } = await verifyLedger({
    database: url,
    verifierKeys,
    threads: { count: threads, file: THREAD },
  });
  if (verdict !== 'sound') fail(new Error(`The ledger is ${verdict}: ${JSON.stringify(findings.slice(0, 3))}`));
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

async function close() {
  await pool.end();
  process.removeAllListeners('disconnect');
  process.disconnect();
}
