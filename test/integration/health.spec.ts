import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { AuditMetrics } from '../../src/monitoring/index.js';
import { SelfCheck } from '../../src/monitoring/operate/self-check/self-check.service.js';
import { JetStreamModule } from '../../src/extensions/jetstream/index.js';
import { StreamsModule } from '../../src/extensions/streams/index.js';
import { ROW_CHECKER } from '../../src/monitoring/sealer/row-checker.js';
import type { StateReport } from '../../src/monitoring/store/state.dto.js';
import { eventually, tempFolder, withClient } from '../support/index.js';
import { startMetricsScene, type MetricsScene, type ShownHealth } from '../support/metrics-scene.js';
import { parsePrometheusText } from '../support/prometheus-text.js';
import { withTiming } from '../support/with-timing.js';
import { providerErrors } from '../../src/base/errors/provider.errors.js';

const MIRROR = { provider: 'mirror' };
const LEDGER = { provider: 'database' };
const MAX_SPILL_BYTES = 1_048_576;

let scene: MetricsScene;

Logger.overrideLogger(false);

async function isHealth(status: 200 | 503, state: string, reason = /^$/): Promise<ShownHealth> {
  let seen: unknown;
  try {
    return await eventually(async () => {
      const { audit, ...answer } = await scene.health();
      seen = { ...answer, state: audit.state, reasons: audit.reasons };
      const hasReason = audit.reasons.length === 0 ? reason.test('') : audit.reasons.some((each) => reason.test(each));
      return answer.status === status && audit.state === state && hasReason && audit;
    });
  } catch (error) {
    throw new Error(`/health was ${JSON.stringify(seen)}`, { cause: error });
  }
}

async function get(name: string, labels?: Readonly<Record<string, string>>): Promise<number> {
  const value = await scene.metric(name, labels);
  if (value === undefined) throw new Error(`${name} ${JSON.stringify(labels ?? {})} is not shown.`);
  return value;
}

async function becomes(
  name: string,
  wanted: number | ((value: number) => boolean),
  labels?: Readonly<Record<string, string>>,
): Promise<void> {
  await eventually(async () => {
    const value = await scene.metric(name, labels);
    return value !== undefined && (typeof wanted === 'number' ? value === wanted : wanted(value));
  });
}

function inScene(...[options]: [Parameters<typeof startMetricsScene>[0]?]): void {
  beforeAll(async () => {
    scene = await startMetricsScene(options);
  });
  afterAll(() => scene.close());
}

describe('GET /metrics and GET /health', () => {
  inScene({ audit: { maxSpillBytes: MAX_SPILL_BYTES } });

  it('are text that Prometheus reads, with a HELP and a TYPE of each metric, once', async () => {
    await scene.send();
    const response = await scene.scrape();
    const families = parsePrometheusText(await response.text());

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const served = scene.app.get(AuditMetrics).registry.getMetricsAsArray();
    expect([...families.keys()].sort()).toEqual(served.map(({ name }) => name).sort());
    expect(families.size).toBeGreaterThan(20);
    for (const { name, help } of families.values()) {
      expect(name).toMatch(/^audit_/);
      expect(help).toMatch(/\.$/);
    }
  });

  it('count what is accepted and recorded, with the batches and their times', async () => {
    const before = {
      accepted: await get('audit_events_accepted_total', MIRROR),
      recorded: await get('audit_events_recorded_total', LEDGER),
      batches: await get('audit_batches_total', { ...MIRROR, answer: 'stored' }),
      seconds: await get('audit_batch_commit_seconds_sum', LEDGER),
      events: await get('audit_batch_events_sum', MIRROR),
    };
    for (let nth = 0; nth < 3; nth++) await scene.send();

    expect(await get('audit_events_accepted_total', MIRROR)).toBe(before.accepted + 3);
    expect(await get('audit_events_recorded_total', LEDGER)).toBe(before.recorded + 3);
    expect(await get('audit_batches_total', { ...MIRROR, answer: 'stored' })).toBe(before.batches + 3);
    expect(await get('audit_batch_commit_seconds_sum', LEDGER)).toBeGreaterThan(before.seconds);
    expect(await get('audit_batch_commit_seconds_bucket', { ...LEDGER, le: '+Inf' })).toBe(
      await get('audit_batch_commit_seconds_count', LEDGER),
    );
    expect(await get('audit_batch_events_sum', MIRROR)).toBe(before.events + 3);
  });

  it('show what waits, and what is on its way', async () => {
    let letGo: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    scene.mirror.behave = () => gate;
    await scene.send({ unawaited: 1_600 });
    await becomes('audit_queue_in_flight_events', 500, MIRROR);

    expect(await get('audit_queue_waiting_events', MIRROR)).toBe(1_600);
    letGo();
    scene.mirror.behave = () => Promise.resolve();
    await becomes('audit_queue_waiting_events', 0, MIRROR);
    expect(await get('audit_queue_in_flight_events', MIRROR)).toBe(0);
  });

  it('show what is spilled while the provider is suspended, and what is replayed', async () => {
    scene.mirror.behave = () => Promise.reject(new Error('the mirror is broken'));
    await scene.send();
    await scene.send();

    expect(await get('audit_events_spilled_total', MIRROR)).toBe(2);
    expect(await get('audit_provider_suspended', MIRROR)).toBe(1);
    expect(await get('audit_spill_pending', MIRROR)).toBe(1);
    expect(await get('audit_spill_bytes')).toBeGreaterThan(0);
    expect(await get('audit_spill_max_bytes')).toBe(MAX_SPILL_BYTES);
    expect(await get('audit_batches_total', { ...MIRROR, answer: 'rejected' })).toBeGreaterThan(0);
    await becomes('audit_spill_waiting_files', 1, MIRROR);
    scene.mirror.behave = () => Promise.resolve();
    await becomes('audit_events_replayed_total', 2, MIRROR);
    await becomes('audit_spill_waiting_files', 0, MIRROR);
    await becomes('audit_spill_bytes', 0);
    await becomes('audit_provider_suspended', 0, MIRROR);
  });

  it('show the tree, its newest checkpoint, who leads, and what is published', async () => {
    await becomes('audit_ledger_unsequenced_events', 0);
    const size = await get('audit_ledger_tree_size');
    await scene.send();
    await becomes('audit_ledger_tree_size', (value) => value > size);

    expect(await get('audit_ledger_new_events')).toBeGreaterThan(size);
    expect(await get('audit_ledger_disk_bytes')).toBeGreaterThan((await get('audit_ledger_event_bytes')) * size);
    expect(await get('audit_ledger_up')).toBe(1);
    expect(await get('audit_ledger_checkpoint_age_seconds')).toBeGreaterThanOrEqual(0);
    expect(await get('audit_sequencer_leading')).toBe(1);
    expect(await get('audit_sequencer_refusing')).toBe(0);
    expect(await get('audit_ledger_partitions_ready_months')).toBe(4);
    await becomes('audit_ledger_published_age_seconds', (value) => value >= 0, { destination: 'file' });
    expect(await get('audit_publishing_failures', { destination: 'file' })).toBe(0);
  });

  it('show events that wait to be sealed, and since when', async () => {
    await withClient(scene.database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query('LOCK TABLE audit_leaf IN EXCLUSIVE MODE');
      await becomes('audit_ledger_unsequenced_events', 0);
      await scene.send();
      await scene.send();
      expect(await get('audit_ledger_unsequenced_events')).toBe(2);
      const lag = await get('audit_ledger_sequencing_lag_seconds');
      expect(lag).toBeGreaterThan(0);
      await becomes('audit_ledger_sequencing_lag_seconds', (value) => value > lag + 0.1);
      await client.query('ROLLBACK');
    });
    await becomes('audit_ledger_unsequenced_events', 0);
    expect(await get('audit_ledger_sequencing_lag_seconds')).toBe(0);
  });

  it('show self-checks', async () => {
    const selfCheck = scene.app.get(SelfCheck);
    await selfCheck.run();
    const runs = await get('audit_self_check_runs_total');
    const events = await get('audit_self_check_events_total');
    const last = await get('audit_self_check_last_success_timestamp_seconds');
    const size = await get('audit_ledger_tree_size');
    await scene.send();
    await becomes('audit_ledger_tree_size', (value) => value > size);
    await selfCheck.run();

    expect(await get('audit_self_check_runs_total')).toBe(runs + 1);
    expect(await get('audit_self_check_events_total')).toBeGreaterThan(events);
    expect(await get('audit_self_check_last_success_timestamp_seconds')).toBeGreaterThan(last);
    expect(last * 1_000).toBeLessThanOrEqual(Date.now());
    expect(await get('audit_self_check_findings')).toBe(0);
    expect(await get('audit_self_check_failed_runs_total')).toBe(0);
  });

  it('show a destination that takes no checkpoints', async () => {
    const published = await readFile(scene.checkpointFile);
    // The ledger may publish a checkpoint between the two calls.
    await eventually(async () => {
      await rm(scene.checkpointFile);
      return mkdir(scene.checkpointFile).then(
        () => true,
        () => false,
      );
    });
    await scene.send();
    await becomes('audit_publishing_failures', (value) => value > 0, { destination: 'file' });
    await rm(scene.checkpointFile, { recursive: true });
    await writeFile(scene.checkpointFile, published);
    await becomes('audit_publishing_failures', 0, { destination: 'file' });
  });

  describe('of a ledger that hangs', () => {
    withTiming({ scrapeMs: 300 });

    it('do not wait for it, and show what it said last', async () => {
      const size = await get('audit_ledger_tree_size');
      await withClient(scene.database.superuserUrl, async (client) => {
        await client.query('BEGIN');
        await client.query('LOCK TABLE audit_checkpoint IN ACCESS EXCLUSIVE MODE');
        expect(await get('audit_ledger_up')).toBe(0);
        expect(await get('audit_ledger_tree_size')).toBe(size);
        await client.query('ROLLBACK');
      });
      await becomes('audit_ledger_up', 1);
    });
  });

  it('are degraded while the ledger is away and events are spilled, and sound again; the ages keep growing', async () => {
    expect(await isHealth(200, 'sound')).toMatchObject({ status: 'up', reasons: [] });
    const size = await get('audit_ledger_tree_size');
    await scene.takeLedgerAway();
    await becomes('audit_ledger_up', 0);
    await becomes('audit_sequencer_leading', 0);
    expect((await scene.send()).providers.database?.status).toBe('spilled');
    await scene.app.get(SelfCheck).run();
    const { reasons, providers } = await isHealth(200, 'degraded', /"database" are in the spill/);
    expect(reasons).toEqual(expect.arrayContaining([expect.stringMatching(/is not permitted to log in|28000/)]));
    expect(providers.database).toMatchObject({ state: 'suspended', spillPending: true, failed: 0 });
    expect(await get('audit_events_spilled_total', LEDGER)).toBeGreaterThan(0);
    expect(await get('audit_self_check_failed_runs_total')).toBe(1);
    expect(await get('audit_ledger_tree_size')).toBe(size);
    const age = await get('audit_ledger_checkpoint_age_seconds');
    await becomes('audit_ledger_checkpoint_age_seconds', (value) => value > age);

    await scene.giveLedgerBack();
    await becomes('audit_ledger_up', 1);
    await becomes('audit_spill_pending', 0, LEDGER);
    await becomes('audit_sequencer_leading', 1);
    await isHealth(200, 'sound');
    expect((await scene.send()).providers.database?.status).toBe('recorded');
  });

  it('are down, with 503, while the ledger is away and the spill is full, and sound once an event reports the loss', async () => {
    await scene.takeLedgerAway();
    const note = 'long '.repeat(8_000);
    for (let status = ''; status !== 'failed';) status = (await scene.send({ note })).providers.database?.status ?? '';
    const down = await isHealth(503, 'down', /"database" are being lost.*the spill is full.*Repair the provider/);
    expect(down.status).toBe('down');
    expect(await get('audit_events_failed_total', LEDGER)).toBeGreaterThan(0);
    expect(await get('audit_events_failed_total', MIRROR)).toBe(0);
    expect(await get('audit_spill_full')).toBe(1);
    expect(await get('audit_provider_losing_events', LEDGER)).toBe(1);

    await scene.giveLedgerBack();
    await isHealth(200, 'sound');
    await becomes('audit_spill_full', 0);
    await becomes('audit_provider_losing_events', 0, LEDGER);
    const lost = `SELECT FROM audit_event WHERE type = 'audit_events_lost'`;
    await eventually(async () => (await scene.database.superuserSql(lost)).length > 0);
  });

  it('show partitions that are missing, and are degraded until they are there', async () => {
    await isHealth(200, 'sound');
    const [row] = await scene.asSuperuser(
      `SELECT 'audit_event_' || to_char(now() AT TIME ZONE 'UTC' + interval '2 months', 'YYYY_MM') AS name`,
    );
    await scene.asSuperuser(`DROP TABLE ${String(row?.name)}`);
    expect(await get('audit_ledger_partitions_ready_months')).toBe(2);
    await isHealth(200, 'degraded', /2 consecutive month\(s\) have a partition.*audit_event_make_partition/);
    await scene.asSuperuser(`SELECT audit_event_make_partition(now() + interval '2 months')`);
    await isHealth(200, 'sound');
  });

  it('are degraded while the thread that checks events ends, and what waits is sealed with the next thread', async () => {
    const file = join(await tempFolder('audit-thread-'), 'ends.mjs');
    await writeFile(file, 'process.exit(3);');
    const findFile = jest.spyOn(ROW_CHECKER, 'findFile').mockReturnValue(file);
    const unreadable = [undefined as never]; // ends the thread that this process has
    await expect(ROW_CHECKER.check(unreadable, []).next()).rejects.toMatchObject({ code: 'AUDIT_CHECK_THREAD_FAILED' });
    await scene.send();
    await isHealth(200, 'degraded', /the thread that checks events ended \(exit code 3\)/);
    expect(await scene.asSuperuser('SELECT FROM audit_inbox')).not.toEqual([]);
    findFile.mockRestore();
    await isHealth(200, 'sound');
    await eventually(async () => (await scene.asSuperuser('SELECT FROM audit_inbox')).length === 0);
  });

  it('are degraded when stored events wait longer than a minute to be sealed', async () => {
    await scene.send();
    await scene.asSuperuser('ALTER TABLE audit_inbox DROP CONSTRAINT audit_inbox_version_check');
    await scene.asSuperuser(`
      INSERT INTO audit_inbox (version, seed, body, stored_at)
      VALUES (99, decode(repeat('01', 16), 'hex'), 'of a newer version', now() - interval '61 seconds')`);
    await isHealth(200, 'degraded', /a stored event has waited for \d+ s to be sealed/);
    await scene.asSuperuser('DELETE FROM audit_inbox');
    await isHealth(200, 'sound');
  });

  it('are down while the ledger is away and the spill cannot be written, and recover with the spill', async () => {
    await scene.takeLedgerAway();
    const remove = () => rm(scene.spillDir, { recursive: true, force: true }); // the application may create it again at once
    const replace = () => remove().then(() => writeFile(scene.spillDir, 'a file where the folder should be'));
    await eventually(() => replace().then(() => true, () => false)); // prettier-ignore
    expect((await scene.send()).providers.database?.status).toBe('failed');
    await isHealth(503, 'down', /the spill cannot be written/);

    await rm(scene.spillDir);
    expect((await scene.send()).providers.database?.status).toBe('spilled');
    await isHealth(200, 'degraded', /"database" are in the spill/);
    await scene.giveLedgerBack();
    await isHealth(200, 'sound');
  });

  it('show dead letters, and lines that cannot be read, and are degraded for both', async () => {
    expect(await get('audit_spill_corrupt_lines')).toBe(0);
    scene.mirror.behave = () => Promise.reject(providerErrors.AUDIT_EVENTS_UNSTORABLE('the mirror', 'too strange'));
    await scene.send();
    expect(await get('audit_events_rejected_total', MIRROR)).toBe(1);
    await becomes('audit_dead_letters', 1, MIRROR);
    expect(await get('audit_dead_letters', LEDGER)).toBe(0);
    await isHealth(200, 'degraded', /"mirror" refuses 1 events \(dead letters\)/);
    await writeFile(join(scene.spillDir, `${uuidv7()}.corrupt`), 'one\ntwo\n');
    await becomes('audit_spill_corrupt_lines', 2);
    await isHealth(200, 'degraded', /2 lines of the spill cannot be read/);
  });

  it('show a ledger that was tampered with, and that nothing is signed over it', async () => {
    await scene.asSuperuser(`SET session_replication_role = 'replica'; UPDATE audit_event SET reason = 'forged'`);
    await scene.app.get(SelfCheck).run();
    expect(await get('audit_self_check_findings')).toBeGreaterThan(0);
    await scene.takeLedgerAway();
    // Nobody may seal meanwhile: the leader would add a leaf behind the gap.
    await scene.asSuperuser(
      `SET session_replication_role = 'replica'; DELETE FROM audit_leaf WHERE index = (SELECT max(index) FROM audit_leaf)`,
    );
    await scene.giveLedgerBack();
    await becomes('audit_sequencer_refusing', 1);
    expect(await get('audit_sequencer_leading')).toBe(0);
  });
});

describe('GET /health without a spill', () => {
  inScene({ spills: false });

  it('is down while the ledger is away and there is no spill', async () => {
    await scene.send();
    await isHealth(200, 'sound');
    await scene.takeLedgerAway();
    expect((await scene.send()).providers.database?.status).toBe('failed');
    await isHealth(503, 'down', /"database" are being lost.*there is no spill: set spillDir/);
    await scene.giveLedgerBack();
    await isHealth(200, 'sound'); // an event audit_events_lost reports the loss
  });

  it('is degraded while another provider than the ledger loses events', async () => {
    scene.mirror.behave = () => Promise.reject(new Error('the mirror is broken'));
    await scene.send();
    await isHealth(200, 'degraded', /"mirror" are being lost: it stores none \(the mirror is broken\)/);
  });
});

describe('GET /health of a ledger whose tables cannot be read', () => {
  const jetstream = { servers: ['127.0.0.1:1'], stream: 'AUDIT', tls: false };
  inScene({ extensions: [StreamsModule.forRoot(), JetStreamModule.forRoot(jetstream)] });

  it('names each part whose table cannot be read beside a ledger that answers', async () => {
    const tables = {
      publishing: 'audit_publication',
      retention: 'audit_legal_hold',
      consumers: 'audit_consumer',
      ingest: 'audit_ingest',
    };
    await scene.asSuperuser(`REVOKE SELECT ON ${Object.values(tables).join(', ')} FROM audit_reader`);

    const denied = Object.values(tables).map((table) => `denied for table ${table}`);
    await isHealth(200, 'degraded', new RegExp(denied.join('.*')));
    const { parts } = (await (await fetch(`${scene.url}/audit/state`)).json()) as StateReport; // of the route
    expect(parts.filter(({ name, status }) => status === 'error' && name in tables)).toEqual(
      Object.entries(tables).map(([name, table]) =>
        expect.objectContaining({ name, message: expect.stringContaining(`permission denied for table ${table}`) }),
      ),
    );
  });
});
