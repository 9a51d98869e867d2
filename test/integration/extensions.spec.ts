import { Module, type DynamicModule } from '@nestjs/common';
import { SchedulerRegistry, ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { AuditAggregator, AuditModule } from '../../src/audit/index.js';
import { JetStreamModule } from '../../src/extensions/jetstream/index.js';
import { describeLedger, MonitoringModule } from '../../src/monitoring/index.js';
import { Sequencer } from '../../src/monitoring/sealer/sequencer.service.js';
import { RowChangesModule } from '../../src/extensions/row-changes/index.js';
import { StreamsModule } from '../../src/extensions/streams/index.js';
import { AuditViewerModule } from '../../src/extensions/viewer/index.js';
import { AlertsModule, type AlertsOptions } from '../../src/extensions/alerts/index.js';
import { eventually, freshKeyFile, listen, type ListeningApp, testDatabase } from '../support/index.js';

const EXTENSIONS = {
  'row changes': RowChangesModule.forRoot(),
  streams: StreamsModule.forRoot({}),
  alerts: AlertsModule.forRoot({}),
  viewer: AuditViewerModule.forRoot({ shell: 'public' }),
  jetstream: JetStreamModule.forRoot({ servers: ['127.0.0.1:1'], stream: 'AUDIT', tls: false }),
} as const;
type Extension = keyof typeof EXTENSIONS;
const NAMES = Object.keys(EXTENSIONS) as Extension[]; // of the object above
const keyFile = freshKeyFile();

const database = await testDatabase();

function ledger(): DynamicModule {
  return MonitoringModule.forRoot({
    metricsRoute: true,
    connectionUrl: database.url,
    signingKeyFile: keyFile,
    authorize: () => ({ scope: 'all' }),
  });
}

async function boot(...imports: readonly DynamicModule[]): Promise<ListeningApp> {
  @Module({ imports: [AuditModule.forRoot({ spillDir: false }), ScheduleModule.forRoot(), ...imports] })
  class ShopModule {}
  return listen(ShopModule, 'express', (app) => app.useLogger(false));
}

/** Closes the application. */
async function readEverything({ app, url }: ListeningApp): Promise<Readonly<Record<string, readonly string[]>>> {
  try {
    await eventually(() => app.get(Sequencer).status.role === 'leading');
    const { paths } = describeLedger(app, {});
    const metrics = await (await fetch(`${url}/metrics`)).text();
    // The self-check's session comes and goes.
    const sessions = await database.superuserSql(
      `SELECT DISTINCT application_name AS name FROM pg_stat_activity WHERE datname = current_database() AND application_name ~ '^nestjs-audit-ledger (?!verify)'`,
    );
    return {
      routes: Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method} ${path}`),
      ),
      timers: app.get(SchedulerRegistry).getIntervals(),
      metrics: [...metrics.matchAll(/^# HELP (\w+)/gm)].map(([, name = '']) => name),
      sessions: sessions.map(({ name }) => String(name)),
    };
  } finally {
    await app.close();
  }
}

const before = await readEverything(await boot(ledger()));

describe('an application', () => {
  it.each<[Extension | 'all', RegExp]>([
    ['all', /./],
    ['row changes', /row[_ ]change|capture/],
    ['streams', /stream/],
    ['alerts', /alerts| consumers$/],
    ['viewer', /\/audit\/(views|actors|gaps|values|stats\/overview)/],
    ['jetstream', /ingest/],
  ])('has of an extension only what it imports, and records: %s', async (extension, own) => {
    const running = await boot(
      ledger(),
      ...(extension === 'all' ? Object.values(EXTENSIONS) : [EXTENSIONS[extension]]),
    );
    const { providers } = await running.app.get(AuditAggregator).record('order_created', {});
    expect(providers.database?.status).toBe(/jetstream|all/.test(extension) ? 'failed' : 'recorded'); // its server is away
    const after = await readEverything(running);
    expect(before.routes?.length).toBeLessThanOrEqual(30);
    for (const [kind, names] of Object.entries(after)) {
      const added = names.filter((name) => !before[kind]?.includes(name));
      expect(added.filter((name) => !own.test(name))).toEqual([]);
      if (extension !== 'all') expect(before[kind]?.filter((name) => own.test(name))).toEqual([]);
    }
  });
});

it('leaves nothing of a ledger and of extensions that are switched off', async () => {
  const off = {
    enabled: false,
    useFactory: (): never => {
      throw new Error('It is not to be asked.');
    },
  };
  const extensions = [RowChangesModule, StreamsModule, AlertsModule, AuditViewerModule, JetStreamModule];
  const { app, url } = await boot(
    MonitoringModule.forRootAsync(off),
    ...extensions.map((extension) => extension.forRootAsync(off)),
  );
  try {
    expect(describeLedger(app, {}).paths).toEqual({});
    expect((await fetch(`${url}/audit/ui/`)).status).toBe(404);
    expect(app.get(SchedulerRegistry).getIntervals()).toEqual([]);
    expect(await app.get(AuditAggregator).record('order_created', {})).toMatchObject({ recorded: false });
  } finally {
    await app.close();
  }
});

describe('an extension ends the boot', () => {
  const withOptions = (given: unknown) => [ledger(), AlertsModule.forRoot(given as AlertsOptions)]; // as plain JavaScript gives them
  const ROWS: readonly (readonly [string, readonly DynamicModule[], string])[] = [
    ...NAMES.map((name) => [name, [EXTENSIONS[name]], 'MonitoringModule.forRootAsync({ … })'] as const),
    ['that is imported twice', [ledger(), EXTENSIONS.streams, StreamsModule.forRoot()], 'it is imported twice'],
    ['with a misspelt option', withOptions({ shiped: true }), 'an unknown option (did you mean shipped?). Correct its'],
    ['with a text in place of options', withOptions('on'), 'Cannot start AlertsModule: the options are not an object.'],
  ];
  it.each(ROWS)('without a ledger, or wrongly imported: %s', async (_which, imports, message) => {
    const boots = async (): Promise<void> => {
      const parts = { imports: [AuditModule.forRoot({ spillDir: false }), ...imports] };
      const testing = await Test.createTestingModule(parts).compile();
      await testing.init().finally(() => testing.close());
    };
    await expect(boots()).rejects.toThrow(message);
  });
});
