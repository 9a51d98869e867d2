// Runs all shipped rules over a loaded ledger, when told to: the ledger's own code, without an application around it.
import { performance } from 'node:perf_hooks';
import { Logger } from '@nestjs/common';
import { Catalogue } from 'nestjs-audit-ledger';
import pg from 'pg';
import { generateKeyPair } from '../../dist/src/modules/monitoring/log/notes/note-key.js';
import { parseSigningKey, parseVerifierKey } from '../../dist/src/modules/monitoring/log/notes/note-signer.js';
import { signNote } from '../../dist/src/modules/monitoring/log/notes/signed-note.js';
import { WatchRunner } from '../../dist/src/modules/monitoring/watch/watch-runner.service.js';
import { signPlace } from '../../dist/src/modules/monitoring/watch/watch-place.js';
import { resolveWatch } from '../../dist/src/modules/monitoring/watch/watch-options.js';

const url = process.env.BENCH_DATABASE_URL;

Logger.overrideLogger(['error']); // each alert is a warning
const problems = [];
const watch = resolveWatch({ enable: ['off_hours'] }, problems);
if (problems.length > 0) throw new Error(problems.join('\n'));
const origin = 'bench.example/log';
const { signingKey, verifierKey } = generateKeyPair(origin);
const signer = {
  signText: (text) => signNote(text, [parseSigningKey(signingKey)]),
  trust: { origin, keys: [parseVerifierKey(verifierKey)] },
};
await beginAtFirstPlace();
const runner = new WatchRunner(
  { watch },
  { connectionUrl: url, sequencerUrl: url },
  new Catalogue(),
  { onCheckpoint: () => undefined },
  { inForce: async () => [] },
  signer,
);
process.send({ kind: 'ready' });
process.on('disconnect', () => process.exit(1));
process.on('message', async ({ kind }) => {
  if (kind !== 'run') return close();
  const startedMs = performance.now();
  await runner.run();
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  process.send({
    ...{ kind: 'run', tookMs: performance.now() - startedMs, rules: watch.rules.filter(({ alerts }) => alerts).length },
    ...{ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMiB: maxRSS / 1_024 },
  });
});

async function beginAtFirstPlace() {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const note = signPlace(signer, { place: 0, lookedAtMs: 0, salt: '' });
  await client.query('INSERT INTO audit_watch (place, looked_at, note) VALUES (0, to_timestamp(0), $1)', [note]);
  await client.end();
}

async function close() {
  await runner.onApplicationShutdown();
  process.removeAllListeners('disconnect');
  process.disconnect();
}
