// When it gets a message, reads a month of a loaded ledger: node export-ledger.mjs <copy|jsonl|csv|ocsf|cloudevents>, with an IPC channel.
import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { to } from 'pg-copy-streams';
import { Catalogue } from '../../dist/src/audit/nest-free.js';
import { LedgerExport } from '../../dist/src/monitoring/read/export/ledger-export.js';
import { createFirstIdAt } from '../../dist/src/monitoring/store/id-time.js';
import { withConnectionSettings } from '../../dist/src/monitoring/store/sessions/ledger-address.js';
import { VERIFIER } from '../../dist/src/monitoring/store/ledger-roles.js';

const format = process.argv[2];
const connectionUrl = process.env.BENCH_DATABASE_URL;

process.send({ kind: 'ready' });
process.on('disconnect', () => process.exit(1));
process.on('message', async (message) => {
  if (message.kind !== 'run') return close();
  const startedMs = performance.now();
  let bytes = 0;
  for await (const block of format === 'copy' ? copy(message) : exported(message)) bytes += block.length;
  const tookMs = performance.now() - startedMs;
  process.send({ kind: 'run', tookMs, bytes, peakMiB: process.resourceUsage().maxRSS / 1_024 });
});

/** The least work with which these rows can be read: the server sends them, and the client throws them away. */
async function* copy({ fromMs, toMs }) {
  const client = new pg.Client({ connectionString: withConnectionSettings(connectionUrl, VERIFIER.settings) });
  await client.connect();
  const [first, end] = [fromMs, toMs].map((ms) => createFirstIdAt(new Date(ms)));
  yield* client.query(to(`COPY (SELECT * FROM audit_event WHERE id >= '${first}' AND id < '${end}') TO STDOUT`));
  await client.end();
}

async function* exported({ fromMs, toMs }) {
  const ledger = { connectionUrl, origin: 'nestjs-audit-ledger.local/ledger', catalogue: new Catalogue() };
  const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString());
  const request = { access: { scope: 'all' }, filters: { from, to }, format, isCompressed: false };
  const file = await LedgerExport.begin(ledger, request);
  try {
    yield* file.blocks();
  } finally {
    file.close();
  }
}

function close() {
  process.removeAllListeners('disconnect');
  process.disconnect();
}
