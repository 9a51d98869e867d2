import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { AuditMetrics } from '../../src/monitoring/index.js';
import { SelfCheck } from '../../src/monitoring/operate/self-check/self-check.service.js';
import { eventually, kept, withClient } from '../support/index.js';
import { startMetricsScene } from '../support/metrics-scene.js';
import { parsePrometheusText } from '../support/prometheus-text.js';
import { withTiming } from '../support/with-timing.js';
import { providerErrors } from '../../src/base/errors/provider.errors.js';

const MIRROR = { provider: 'mirror' };
const LEDGER = { provider: 'database' };
const MAX_SPILL_BYTES = 1_048_576;

const refuse = (): Promise<never> => Promise.reject(new Error('the mirror is broken'));

Logger.overrideLogger(false);
const scene = await kept(startMetricsScene({ audit: { maxSpillBytes: MAX_SPILL_BYTES } }));

async function get(name: string, labels?: Readonly<Record<string, string>>): Promise<number> {
  const value = await scene.metric(name, labels);
  if (value === undefined) throw new Error(`${name} ${JSON.stringify(labels ?? {})} is not shown.`);
  return value;
}

async function becomes(
  name: string,
  labels: Readonly<Record<string, string>> | undefined,
  isRight: (value: number) => boolean,
): Promise<void> {
  await eventually(async () => {
    const value = await scene.metric(name, labels);
    return value !== undefined && isRight(value);
  });
}

describe('GET /metrics', () => {
  it('is text that Prometheus reads, with a HELP and a TYPE of each metric, once', async () => {
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

  it('counts what is accepted and recorded, with the batches and their times', async () => {
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
});

describe('the metrics of a provider and of the spill', () => {
  afterEach(async () => {
    scene.mirror.behave = () => Promise.resolve();
    await becomes('audit_spill_pending', MIRROR, (value) => value === 0);
    await becomes('audit_provider_suspended', MIRROR, (value) => value === 0);
  });

  it('show what waits, and what is on its way', async () => {
    let letGo: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    scene.mirror.behave = () => gate;
    await scene.send({ unawaited: 1_600 });
    await becomes('audit_queue_in_flight_events', MIRROR, (value) => value === 500);

    expect(await get('audit_queue_waiting_events', MIRROR)).toBe(1_600);
    letGo();
    await becomes('audit_queue_waiting_events', MIRROR, (value) => value === 0);
    expect(await get('audit_queue_in_flight_events', MIRROR)).toBe(0);
  });

  it('show what is spilled while the provider is suspended, and what is replayed', async () => {
    scene.mirror.behave = refuse;
    await scene.send();
    await scene.send();

    expect(await get('audit_events_spilled_total', MIRROR)).toBe(2);
    expect(await get('audit_provider_suspended', MIRROR)).toBe(1);
    expect(await get('audit_spill_pending', MIRROR)).toBe(1);
    expect(await get('audit_spill_bytes')).toBeGreaterThan(0);
    expect(await get('audit_spill_max_bytes')).toBe(MAX_SPILL_BYTES);
    expect(await get('audit_batches_total', { ...MIRROR, answer: 'rejected' })).toBeGreaterThan(0);
    await becomes('audit_spill_waiting_files', MIRROR, (value) => value === 1);
    scene.mirror.behave = () => Promise.resolve();
    await becomes('audit_events_replayed_total', MIRROR, (value) => value === 2);
    await becomes('audit_spill_waiting_files', MIRROR, (value) => value === 0);
    await becomes('audit_spill_bytes', undefined, (value) => value === 0);
  });

  it('show events that were rejected, as dead letters', async () => {
    scene.mirror.behave = () => Promise.reject(providerErrors.AUDIT_EVENTS_UNSTORABLE('the mirror', 'too strange'));
    await scene.send();

    expect(await get('audit_events_rejected_total', MIRROR)).toBe(1);
    await becomes('audit_dead_letters', MIRROR, (value) => value === 1);
    expect(await get('audit_dead_letters', LEDGER)).toBe(0);
  });

  it('show what fails once the spill is full', async () => {
    scene.mirror.behave = refuse;
    const note = 'long '.repeat(8_000);
    for (let nth = 0; nth < 100; nth++) await scene.send({ note });

    expect(await get('audit_events_failed_total', MIRROR)).toBeGreaterThan(0);
    expect(await get('audit_events_failed_total', LEDGER)).toBe(0);
    expect(await get('audit_spill_full')).toBe(1);
    expect(await get('audit_provider_losing_events', MIRROR)).toBe(1);
    scene.mirror.behave = () => Promise.resolve();
    await becomes('audit_spill_full', undefined, (value) => value === 0);
    await becomes('audit_provider_losing_events', MIRROR, (value) => value === 0);
  });

  it('show lines that cannot be read', async () => {
    expect(await get('audit_spill_corrupt_lines')).toBe(0);
    await writeFile(join(scene.spillDir, `${uuidv7()}.corrupt`), 'one\ntwo\n');

    await becomes('audit_spill_corrupt_lines', undefined, (value) => value === 2);
  });
});

describe('the metrics of the ledger', () => {
  it('show the tree, its newest checkpoint, who leads, and what is published', async () => {
    await becomes('audit_ledger_unsequenced_events', undefined, (value) => value === 0);
    const size = await get('audit_ledger_tree_size');
    await scene.send();
    await becomes('audit_ledger_tree_size', undefined, (value) => value > size);

    expect(await get('audit_ledger_new_events')).toBeGreaterThan(size);
    expect(await get('audit_ledger_disk_bytes')).toBeGreaterThan((await get('audit_ledger_event_bytes')) * size);
    expect(await get('audit_ledger_up')).toBe(1);
    expect(await get('audit_ledger_checkpoint_age_seconds')).toBeGreaterThanOrEqual(0);
    expect(await get('audit_sequencer_leading')).toBe(1);
    expect(await get('audit_sequencer_refusing')).toBe(0);
    expect(await get('audit_ledger_partitions_ready_months')).toBe(4);
    await becomes('audit_ledger_published_age_seconds', { destination: 'file' }, (value) => value >= 0);
    expect(await get('audit_publishing_failures', { destination: 'file' })).toBe(0);
  });

  it('show events that wait to be sealed, and since when', async () => {
    await withClient(scene.database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query('LOCK TABLE audit_leaf IN EXCLUSIVE MODE');
      await becomes('audit_ledger_unsequenced_events', undefined, (value) => value === 0);
      await scene.send();
      await scene.send();
      expect(await get('audit_ledger_unsequenced_events')).toBe(2);
      const lag = await get('audit_ledger_sequencing_lag_seconds');
      expect(lag).toBeGreaterThan(0);
      await becomes('audit_ledger_sequencing_lag_seconds', undefined, (value) => value > lag + 0.1);
      await client.query('ROLLBACK');
    });
    await becomes('audit_ledger_unsequenced_events', undefined, (value) => value === 0);
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
    await becomes('audit_ledger_tree_size', undefined, (value) => value > size);
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
    await becomes('audit_publishing_failures', { destination: 'file' }, (value) => value > 0);
    await rm(scene.checkpointFile, { recursive: true });
    await writeFile(scene.checkpointFile, published);
    await becomes('audit_publishing_failures', { destination: 'file' }, (value) => value === 0);
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
      await becomes('audit_ledger_up', undefined, (value) => value === 1);
    });
  });

  it('answer while the ledger is down, and its ages keep growing', async () => {
    const size = await get('audit_ledger_tree_size');
    await scene.takeLedgerAway();
    await becomes('audit_ledger_up', undefined, (value) => value === 0);
    await becomes('audit_sequencer_leading', undefined, (value) => value === 0);
    await scene.send();
    await scene.app.get(SelfCheck).run();

    expect(await get('audit_events_spilled_total', LEDGER)).toBeGreaterThan(0);
    expect(await get('audit_self_check_failed_runs_total')).toBe(1);
    expect(await get('audit_ledger_tree_size')).toBe(size);
    const age = await get('audit_ledger_checkpoint_age_seconds');
    await becomes('audit_ledger_checkpoint_age_seconds', undefined, (value) => value > age);
    expect((await scene.scrape()).status).toBe(200);
    await scene.giveLedgerBack();
    await becomes('audit_ledger_up', undefined, (value) => value === 1);
    await becomes('audit_spill_pending', LEDGER, (value) => value === 0);
    await becomes('audit_sequencer_leading', undefined, (value) => value === 1);
  });

  it('show partitions that are missing', async () => {
    const [row] = await scene.asSuperuser(
      `SELECT 'audit_event_' || to_char(now() AT TIME ZONE 'UTC' + interval '2 months', 'YYYY_MM') AS name`,
    );
    await scene.asSuperuser(`DROP TABLE ${String(row?.name)}`);

    expect(await get('audit_ledger_partitions_ready_months')).toBe(2);
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
    await becomes('audit_sequencer_refusing', undefined, (value) => value === 1);
    expect(await get('audit_sequencer_leading')).toBe(0);
  });
});
