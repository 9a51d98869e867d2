import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { INestApplication } from '@nestjs/common';
import { AuditAggregator } from '../../../src/audit/index.js';
import { AuditViewerModule } from '../../../src/extensions/viewer/index.js';
import { AlertsModule } from '../../../src/extensions/alerts/index.js';
import { LedgerReader } from '../../../src/monitoring/store/ledger-reader.service.js';
import { Sequencer } from '../../../src/monitoring/sealer/sequencer.service.js';
import {
  eventually,
  freshKeyFile,
  closeAfterTests,
  ORIGIN,
  runSql,
  settled,
  tempFolder,
  withClient,
} from '../../support/index.js';
import { startLedgerApp } from '../../support/ledger-app.js';
import { ReplicatedServers } from '../../support/replicated-servers.js';

const keyFile = freshKeyFile();
let app: INestApplication;
let baseUrl: string;

const servers = await closeAfterTests(ReplicatedServers.open());
const { primary } = servers;
const replica = await servers.addReplica('replica');

beforeEach(async () => {
  ({ app, url: baseUrl } = await startLedgerApp(primary.url, {
    audit: { spillDir: await tempFolder('audit-spill-') },
    monitoring: { readUrl: replica.url, signingKeyFile: keyFile, origin: ORIGIN },
    extensions: [AlertsModule.forRoot(), AuditViewerModule.forRoot()],
  }));
  await eventually(() => app.get(Sequencer).status.role === 'leading');
});
afterEach(() => app.close());

interface Answer {
  readonly status: number;
  readonly asOf: number;
  readonly text: string;
}

async function get(path: string): Promise<Answer> {
  const answer = await fetch(`${baseUrl}/audit${path}`);
  const asOf = Date.parse(answer.headers.get('audit-as-of') ?? '');
  return { status: answer.status, asOf, text: await answer.text() };
}

async function record(name: string, tenantId?: string): Promise<string> {
  const { eventId } = await app
    .get(AuditAggregator)
    .record(name, { resource: { type: 'order', id: 'o-1' }, ...(tenantId === undefined ? {} : { tenantId }) });
  return eventId;
}

async function untilFresh(): Promise<void> {
  const stored = Date.now();
  await eventually(async () => (await get('/events?limit=1')).asOf >= stored);
}

/** The paused replica receives changes, but does not show the changes. */
async function whilePaused(work: () => Promise<void>): Promise<void> {
  await runSql(replica.superuserUrl, 'SELECT pg_wal_replay_pause()');
  try {
    await work();
  } finally {
    await runSql(replica.superuserUrl, 'SELECT pg_wal_replay_resume()');
  }
}

describe('readUrl', () => {
  it('has the replica answer, and each answer says until when it has everything', async () => {
    const before = await record('order_created');
    await untilFresh();
    await whilePaused(async () => {
      const id = await record('order_shipped');
      const storedAt = Date.now();
      const missed = await get(`/events/${id}`);
      expect(missed).toMatchObject({ status: 404 });
      expect(missed.asOf).toBeLessThan(storedAt);
      expect((await get('/events?resourceId=o-1')).text).toContain(before);
      expect((await get('/events?resourceId=o-1')).text).not.toContain(id);
      expect((await get('/export?resourceId=o-1')).text).not.toContain(id);
    });
    await untilFresh();
    await eventually(async () => (await get('/export?type=order_shipped')).text.includes('order_shipped'));
  });

  it.each([
    '/events?limit=5',
    '/events?resourceId=o-1&outcome=success',
    '/stats',
    '/stats/overview',
    '/values?field=type',
    '/events/tail?limit=50&after=0',
    '/export?format=csv',
    '/export?proofs=true',
  ])('answers %s from a hot standby', async (path) => {
    await record('order_created');
    await untilFresh();
    expect(await get(path)).toMatchObject({ status: 200 });
  });

  it('keeps on the primary what must see the newest: the log and its proofs', async () => {
    await untilFresh();
    await whilePaused(async () => {
      const id = await record('order_created');
      await eventually(async () => (await get(`/events/${id}/proof`)).status === 200);
    });
  });

  it('shows the lag in the state and the metrics, and does not take an idle primary for a late replica', async () => {
    await untilFresh();
    const state = JSON.parse((await get('/state')).text) as { parts: { name: string }[] };
    expect(state.parts.find(({ name }) => name === 'replica')).toMatchObject({
      status: 'ok',
      facts: { asOf: expect.any(String), lagSeconds: expect.any(Number) },
    });
    const metrics = await (await fetch(`${baseUrl}/metrics`)).text();
    expect(metrics).toMatch(/^audit_read_replica_lag_seconds [\d.]+$/m);
  });

  it('asks a second time what the replica ended in favour of its replay', async () => {
    await replica.configure({ max_standby_streaming_delay: '0' });
    const reading = app
      .get(LedgerReader)
      .rows('SELECT 1 AS answer, pg_sleep(2) FROM (SELECT FROM audit_leaf LIMIT 1) AS one', []);
    const isReading = `SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%audit_leaf%'`;
    await eventually(async () => (await runSql(replica.superuserUrl, isReading)).length === 1);
    await runSql(
      primary.superuserUrl,
      'BEGIN; LOCK TABLE audit_leaf IN ACCESS EXCLUSIVE MODE; SELECT pg_current_xact_id(); COMMIT',
    );
    expect(await reading).toMatchObject([{ answer: 1 }]);
    const [row] = await runSql(
      replica.superuserUrl,
      'SELECT sum(confl_lock)::int AS ended FROM pg_stat_database_conflicts',
    );
    expect(row).toEqual({ ended: 1 });
  });

  it('records on the primary who read on the replica by a command', async () => {
    const id = await record('order_created');
    await untilFresh();
    const env = { ...process.env, AUDIT_SIGNING_KEY_FILE: keyFile, AUDIT_LEDGER_ORIGIN: ORIGIN };
    const command = ['dist/src/cli/main.js', 'query', 'resourceId=o-1', '--json', '--by', 'reader-1'];
    const addresses = ['--database-url', primary.url, '--read-url', replica.url];
    const { stdout } = await promisify(execFile)(process.execPath, [...command, ...addresses], { env });
    expect(stdout).toContain(id);
    await settled({ sql: (text) => runSql(primary.superuserUrl, text) });
    const views = `SELECT FROM audit_event WHERE actor_id = 'reader-1' AND action = 'audit_log_viewed'`;
    expect(await runSql(primary.superuserUrl, views)).toHaveLength(1);
  });

  it('fails clearly while the replica is away, and events are recorded on', async () => {
    await replica.stop();
    try {
      const { status, text } = await get('/events');
      expect(status).toBe(503);
      expect(text).toContain('AUDIT_LEDGER_UNAVAILABLE');
      const receipt = await app.get(AuditAggregator).record('order_created', {});
      expect(receipt.providers).toMatchObject({ database: { status: 'recorded' } });
      const health = await eventually(async () => {
        const { text: state } = await get('/state');
        return state.includes('readUrl') && state;
      });
      expect(health).toContain('remove readUrl and restart');
    } finally {
      await replica.start();
      await eventually(() => primary.isFollowedBy('replica'));
    }
    await untilFresh();
    expect(await get('/events')).toMatchObject({ status: 200 });
  });
});

it('a server of readUrl that follows nothing is named by the state', async () => {
  await withClient(replica.superuserUrl, (client) => client.query('SELECT pg_promote()'));
  await eventually(async () => (await get('/state')).text.includes('it was promoted'));
});
