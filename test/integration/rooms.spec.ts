import { Module, type DynamicModule } from '@nestjs/common';
import { SchedulerRegistry, ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { AuditAggregator, AuditModule } from '../../src/audit/index.js';
import { JetStreamModule } from '../../src/rooms/jetstream/index.js';
import { describeLedger, MonitoringModule } from '../../src/monitoring/index.js';
import { Sequencer } from '../../src/monitoring/sealer/sequencer.service.js';
import { RowChangesModule } from '../../src/rooms/row-changes/index.js';
import { StreamsModule } from '../../src/rooms/streams/index.js';
import { AuditViewerModule } from '../../src/rooms/viewer/index.js';
import { WatchModule, type WatchOptions } from '../../src/rooms/watch/index.js';
import { eventually, freshKeyFile, listen, type ListeningApp, testDatabase } from '../support/index.js';

const ROOMS = {
  'row changes': RowChangesModule.forRoot(),
  streams: StreamsModule.forRoot({}),
  watch: WatchModule.forRoot({}),
  viewer: AuditViewerModule.forRoot({ shell: 'public' }),
  jetstream: JetStreamModule.forRoot({ servers: ['127.0.0.1:1'], stream: 'AUDIT', tls: false }),
} as const;
type Room = keyof typeof ROOMS;
const NAMES = Object.keys(ROOMS) as Room[]; // of the object above
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
async function everythingOf({ app, url }: ListeningApp): Promise<Readonly<Record<string, readonly string[]>>> {
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

const before = await everythingOf(await boot(ledger()));

async function expectRecords({ app }: ListeningApp, status: string): Promise<void> {
  const { providers } = await app.get(AuditAggregator).record('order_created', {});
  expect(providers.database?.status).toBe(status);
}

describe('an application', () => {
  it('boots and records with all rooms', async () => {
    const running = await boot(ledger(), ...Object.values(ROOMS));
    await expectRecords(running, 'failed'); // the server of JetStream is away
    await running.app.close();
  });

  it.each<[Room, RegExp]>([
    ['row changes', /row[_ ]change|capture/],
    ['streams', /stream/],
    ['watch', /watch| consumers$|alert|review|suppression|thread|\/audit\/waiting/],
    ['viewer', /\/audit\/(views|actors|gaps|values|stats\/overview)/],
    ['jetstream', /ingest/],
  ])('has of a room only what it imports, and records: %s', async (room, own) => {
    const running = await boot(ledger(), ROOMS[room]);
    await expectRecords(running, room === 'jetstream' ? 'failed' : 'recorded');
    const after = await everythingOf(running);
    expect(before.routes?.length).toBeLessThanOrEqual(30);
    for (const [kind, names] of Object.entries(after)) {
      const added = names.filter((name) => !before[kind]?.includes(name));
      expect(added.filter((name) => !own.test(name))).toEqual([]);
      expect(before[kind]?.filter((name) => own.test(name))).toEqual([]);
    }
  });
});

it('leaves nothing of a ledger and of rooms that are switched off', async () => {
  const off = {
    enabled: false,
    useFactory: (): never => {
      throw new Error('It is not to be asked.');
    },
  };
  const rooms = [RowChangesModule, StreamsModule, WatchModule, AuditViewerModule, JetStreamModule];
  const { app, url } = await boot(MonitoringModule.forRootAsync(off), ...rooms.map((room) => room.forRootAsync(off)));
  try {
    expect(describeLedger(app, {}).paths).toEqual({});
    expect((await fetch(`${url}/audit/ui/`)).status).toBe(404);
    expect(app.get(SchedulerRegistry).getIntervals()).toEqual([]);
    expect(await app.get(AuditAggregator).record('order_created', {})).toMatchObject({ recorded: false });
  } finally {
    await app.close();
  }
});

describe('a room', () => {
  async function boots(...imports: readonly DynamicModule[]): Promise<void> {
    const testing = await Test.createTestingModule({
      imports: [AuditModule.forRoot({ spillDir: false }), ...imports],
    }).compile();
    try {
      await testing.init();
    } finally {
      await testing.close();
    }
  }

  it.each(NAMES.map((name) => [name, ROOMS[name]] as const))(
    'of an application without a ledger ends the boot: %s',
    async (_name, room) => {
      await expect(boots(room)).rejects.toThrow('MonitoringModule.forRootAsync({ … })');
    },
  );

  it('that is imported twice ends the boot', async () => {
    const twice = boots(ledger(), StreamsModule.forRoot(), StreamsModule.forRoot());
    await expect(twice).rejects.toMatchObject({ code: 'AUDIT_MODULE_MISUSED' });
  });

  it.each([
    [
      { shiped: true },
      'Cannot start WatchModule: shiped is an unknown option (did you mean shipped?). Correct its options.',
    ],
    ['on', 'Cannot start WatchModule: the options are not an object. Correct its options.'],
  ])('with wrong options ends the boot: %j', async (options, message) => {
    const given = options as WatchOptions; // as plain JavaScript gives them
    await expect(boots(ledger(), WatchModule.forRoot(given))).rejects.toMatchObject({ message });
  });
});
