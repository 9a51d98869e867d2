import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, it } from '@jest/globals';
import { AuditAggregator } from '../../src/audit/index.js';
import { RowChangesModule } from '../../src/extensions/row-changes/index.js';
import { StreamsModule } from '../../src/extensions/streams/index.js';
import { AlertsModule } from '../../src/extensions/alerts/index.js';
import { startCountingProxy, type CountingProxy } from '../support/counting-proxy.js';
import { createTestDatabase, eventually, type ListeningApp, type TestDatabase } from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { withTiming } from '../support/with-timing.js';

withTiming({ idleMs: 60_000, outboxCheckMs: 60_000, erasureLookMs: 60_000 });

let ledger: TestDatabase;
let proxy: CountingProxy;
let running: ListeningApp;

beforeEach(async () => {
  ledger = await createTestDatabase();
  const { hostname, port } = new URL(ledger.url);
  proxy = await startCountingProxy(hostname, Number(port));
  const url = Object.assign(new URL(ledger.url), { host: `127.0.0.1:${proxy.port}` }).href;
  const extensions = [RowChangesModule.forRoot(), StreamsModule.forRoot(), AlertsModule.forRoot()];
  running = await startLedgerApp(url, { extensions });
});
afterEach(async () => {
  await running.app.close();
  await proxy.close();
  await ledger.drop();
});

/** Forty times the interval of the leader's looks for work while there is work. */
const WINDOW_MS = 600;

it('an idle application with all extensions sends hardly any statement to the ledger', async () => {
  await running.app.get(AuditAggregator).record('order_created');
  await eventually(async () => {
    proxy.takeRoundTrips();
    await delay(WINDOW_MS);
    return proxy.takeRoundTrips() === 0;
  });
});
