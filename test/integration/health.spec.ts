import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { JetStreamModule } from '../../src/rooms/jetstream/index.js';
import { StreamsModule } from '../../src/rooms/streams/index.js';
import { ROW_CHECKER } from '../../src/monitoring/sealer/row-checker.js';
import type { StateReport } from '../../src/monitoring/store/state.dto.js';
import { eventually, tempFolder } from '../support/index.js';
import { startMetricsScene, type MetricsScene, type ShownHealth } from '../support/metrics-scene.js';
import { providerErrors } from '../../src/base/errors/provider.errors.js';

let scene: MetricsScene;

Logger.overrideLogger(false);

async function becomes(status: 200 | 503, state: string, reason = /^$/): Promise<ShownHealth> {
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

function inScene(...[options]: [Parameters<typeof startMetricsScene>[0]?]): void {
  beforeAll(async () => {
    scene = await startMetricsScene(options);
  });
  afterAll(() => scene.close());
}

describe('GET /health', () => {
  inScene({ audit: { maxSpillBytes: 1_048_576 } });

  it('is sound, degraded while the ledger is away and events are spilled, and sound again', async () => {
    await scene.send();
    expect(await becomes(200, 'sound')).toMatchObject({ status: 'up', reasons: [] });

    await scene.takeLedgerAway();
    expect((await scene.send()).providers.database?.status).toBe('spilled');
    const { reasons, providers } = await becomes(200, 'degraded', /"database" are in the spill/);
    expect(reasons).toEqual(expect.arrayContaining([expect.stringMatching(/is not permitted to log in|28000/)]));
    expect(providers.database).toMatchObject({ state: 'suspended', spillPending: true, failed: 0 });

    await scene.giveLedgerBack();
    await becomes(200, 'sound');
    expect((await scene.send()).providers.database?.status).toBe('recorded');
  });

  it('is down, with 503, while the ledger is away and the spill is full, and sound once an event reports the loss', async () => {
    await scene.send();
    await scene.takeLedgerAway();
    const note = 'long '.repeat(8_000);
    for (let status = ''; status !== 'failed';) status = (await scene.send({ note })).providers.database?.status ?? '';
    const down = await becomes(503, 'down', /"database" are being lost.*the spill is full.*Repair the provider/);
    expect(down.status).toBe('down');

    await scene.giveLedgerBack();
    await becomes(200, 'sound');
    const lost = `SELECT FROM audit_event WHERE type = 'audit_events_lost'`;
    await eventually(async () => (await scene.database.superuserSql(lost)).length > 0);
  });

  it('is degraded when a month is not ready', async () => {
    await becomes(200, 'sound');
    const [row] = await scene.asSuperuser(
      `SELECT 'audit_event_' || to_char(now() AT TIME ZONE 'UTC' + interval '2 months', 'YYYY_MM') AS name`,
    );
    await scene.asSuperuser(`DROP TABLE ${String(row?.name)}`);
    await becomes(200, 'degraded', /2 consecutive month\(s\) have a partition.*audit_event_make_partition/);
    await scene.asSuperuser(`SELECT audit_event_make_partition(now() + interval '2 months')`);
    await becomes(200, 'sound');
  });

  it('is degraded while the thread that checks events ends, and seals what waits with the next thread', async () => {
    const file = join(await tempFolder('audit-thread-'), 'ends.mjs');
    await writeFile(file, 'process.exit(3);');
    const findFile = jest.spyOn(ROW_CHECKER, 'findFile').mockReturnValue(file);
    const unreadable = [undefined as never]; // ends the thread that this process has
    await expect(ROW_CHECKER.check(unreadable, []).next()).rejects.toMatchObject({ code: 'AUDIT_CHECK_THREAD_FAILED' });
    await scene.send();
    await becomes(200, 'degraded', /the thread that checks events ended \(exit code 3\)/);
    expect(await scene.asSuperuser('SELECT FROM audit_inbox')).not.toEqual([]);
    findFile.mockRestore();
    await becomes(200, 'sound');
    await eventually(async () => (await scene.asSuperuser('SELECT FROM audit_inbox')).length === 0);
  });

  it('is degraded when stored events wait longer than a minute to be sealed', async () => {
    await scene.send();
    await scene.asSuperuser('ALTER TABLE audit_inbox DROP CONSTRAINT audit_inbox_version_check');
    await scene.asSuperuser(`
      INSERT INTO audit_inbox (version, seed, body, stored_at)
      VALUES (99, decode(repeat('01', 16), 'hex'), 'of a newer version', now() - interval '61 seconds')`);
    await becomes(200, 'degraded', /a stored event has waited for \d+ s to be sealed/);
    await scene.asSuperuser('DELETE FROM audit_inbox');
    await becomes(200, 'sound');
  });

  it('is down while the ledger is away and the spill cannot be written, and recovers with the spill', async () => {
    await scene.takeLedgerAway();
    const remove = () => rm(scene.spillDir, { recursive: true, force: true }); // the application may create it again at once
    const replace = () => remove().then(() => writeFile(scene.spillDir, 'a file where the folder should be'));
    await eventually(() => replace().then(() => true, () => false)); // prettier-ignore
    expect((await scene.send()).providers.database?.status).toBe('failed');
    await becomes(503, 'down', /the spill cannot be written/);

    await rm(scene.spillDir);
    expect((await scene.send()).providers.database?.status).toBe('spilled');
    await becomes(200, 'degraded', /"database" are in the spill/);
    await scene.giveLedgerBack();
    await becomes(200, 'sound');
  });

  it('is degraded for dead letters, and for lines that cannot be read', async () => {
    scene.mirror.behave = () => Promise.reject(providerErrors.AUDIT_EVENTS_UNSTORABLE('the mirror', 'too strange'));
    await scene.send();
    await becomes(200, 'degraded', /"mirror" refuses 1 events \(dead letters\)/);
    await writeFile(join(scene.spillDir, `${uuidv7()}.corrupt`), 'one\n');
    await becomes(200, 'degraded', /1 lines of the spill cannot be read/);
  });
});

describe('GET /health without a spill', () => {
  inScene({ spills: false });

  it('is down while the ledger is away and there is no spill', async () => {
    await scene.send();
    await becomes(200, 'sound');
    await scene.takeLedgerAway();
    expect((await scene.send()).providers.database?.status).toBe('failed');
    await becomes(503, 'down', /"database" are being lost.*there is no spill: set spillDir/);
    await scene.giveLedgerBack();
    await becomes(200, 'sound'); // an event audit_events_lost reports the loss
  });

  it('is degraded while another provider than the ledger loses events', async () => {
    scene.mirror.behave = () => Promise.reject(new Error('the mirror is broken'));
    await scene.send();
    await becomes(200, 'degraded', /"mirror" are being lost: it stores none \(the mirror is broken\)/);
  });
});

describe('GET /health of a ledger whose tables cannot be read', () => {
  const jetstream = { servers: ['127.0.0.1:1'], stream: 'AUDIT', tls: false };
  inScene({ rooms: [StreamsModule.forRoot(), JetStreamModule.forRoot(jetstream)] });

  it('names each part whose table cannot be read beside a ledger that answers', async () => {
    const tables = {
      publishing: 'audit_publication',
      retention: 'audit_legal_hold',
      consumers: 'audit_consumer',
      ingest: 'audit_ingest',
    };
    await scene.asSuperuser(`REVOKE SELECT ON ${Object.values(tables).join(', ')} FROM audit_reader`);

    await becomes(
      200,
      'degraded',
      new RegExp(
        Object.values(tables)
          .map((table) => `denied for table ${table}`)
          .join('.*'),
      ),
    );
    const { parts } = (await (await fetch(`${scene.url}/audit/state`)).json()) as StateReport; // of the route
    expect(parts.filter(({ name, status }) => status === 'error' && name in tables)).toEqual(
      Object.entries(tables).map(([name, table]) =>
        expect.objectContaining({ name, says: expect.stringContaining(`permission denied for table ${table}`) }),
      ),
    );
  });
});
