import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, type INestApplication, type Type } from '@nestjs/common';
import { AuditAggregator } from '../../src/audit/index.js';
import { LogConsumer, type SealedEvent } from '../../src/monitoring/index.js';
import type { StateReport } from '../../src/monitoring/store/state.dto.js';
import { createTestDatabase, eventually, freshKeyFile, settled, type TestDatabase } from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { addEvents } from '../support/log-scene.js';
import { withClient } from '../support/sql.js';
import { addSealed } from '../support/stream-app.js';

type Handled = { readonly park?: readonly string[] } | undefined;

@Injectable()
@LogConsumer({ name: 'billing-projection' })
class Projection implements LogConsumer {
  readonly batches: (readonly number[])[] = [];
  readonly events: SealedEvent[] = [];
  answer: (events: readonly SealedEvent[]) => Handled | Promise<Handled> = () => undefined;

  async handle(events: readonly SealedEvent[]): Promise<Handled> {
    this.batches.push(events.map(({ index }) => index));
    const answer = await this.answer(events);
    this.events.push(...events);
    return answer;
  }
}

let database: TestDatabase;
let keyFile: string;
let url: string;
let app: INestApplication | undefined;

async function start(...consumers: readonly Type<object>[]): Promise<Projection> {
  ({ app, url } = await startLedgerApp(database.url, {
    providers: consumers.length === 0 ? [Projection] : [...consumers],
    monitoring: { signingKeyFile: keyFile, authorize: (_request, permission) => ({ scope: 'all', permission }) },
  }));
  return app.get(Projection, { strict: false });
}

async function stop(): Promise<void> {
  await app?.close();
  app = undefined;
}

const indexes = (from: number, end: number): readonly number[] =>
  Array.from({ length: end - from }, (_, nth) => from + nth);

const handled = (projection: Projection): readonly number[] => projection.events.map(({ index }) => index);

async function passed(): Promise<number> {
  return eventually(async () => {
    const size = await settled(database);
    const [row] = await database.sql(
      `SELECT position::int, sending_to FROM audit_consumer WHERE name = 'billing-projection'`,
    );
    return row?.position === size && row.sending_to === null && size;
  });
}

async function call(path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${url}/audit/consumers/billing-projection${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return response.json();
}

async function loseSession(): Promise<void> {
  await database.superuserSql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name LIKE '%consumers' AND datname = current_database()`);
}

async function problem(): Promise<string> {
  return eventually(async () => {
    const { parts } = (await (await fetch(`${url}/audit/state`)).json()) as StateReport; // of the route
    const part = parts.find(({ name }) => name === 'consumers');
    return part?.status === 'error' && part.message;
  });
}

beforeEach(async () => {
  database = await createTestDatabase();
  keyFile = freshKeyFile();
});

afterEach(async () => {
  await stop();
  await database.drop();
});

describe('a @LogConsumer', () => {
  it('gets every committed event once and in order, also those of transactions and of other processes', async () => {
    await withClient(database.url, async (client) => {
      await client.query('BEGIN');
      await addEvents(client, 2);
      await client.query('ROLLBACK; BEGIN');
      await addEvents(client, 3);
      await client.query('COMMIT');
    });
    const projection = await start();
    const receipt = await app?.get(AuditAggregator).record('badge_reading', { details: { badge: 17 } });
    await addSealed(database, 250);
    const size = await passed();
    expect(handled(projection)).toEqual(indexes(0, size));
    expect(projection.events.find(({ id }) => id === receipt?.eventId)?.details).toEqual({ badge: 17 });
    await stop();
    const next = await start();
    await addSealed(database, 2);
    const later = await passed();
    expect(handled(next)).toEqual(indexes(size, later));
  });

  it('gets a batch again after it threw, or lost its session, parks what it refuses, and gets it by a retry or a replay', async () => {
    const projection = await start();
    let throws = 3;
    projection.answer = () => {
      if (throws-- > 0) throw new Error('the projection is locked');
      return undefined;
    };
    await addSealed(database, 5);
    const size = await passed();
    expect(handled(projection)).toEqual(indexes(0, size));
    const [first, ...later] = projection.batches;
    expect(later.slice(0, 3)).toEqual([first, first, first]);

    const refused = size + 2;
    projection.answer = (events) => ({ park: events.filter(({ index }) => index === refused).map(({ id }) => id) });
    await addSealed(database, 5);
    await passed();
    expect(await database.superuserSql('SELECT index::int FROM audit_consumer_parked')).toEqual([{ index: refused }]);
    expect(await problem()).toBe('Cannot handle 1 event of the consumer billing-projection: it refused them.');
    projection.answer = () => undefined;
    const before = projection.batches.length;
    expect(await call('/retry', {})).toEqual({ positions: [refused] });
    await eventually(async () => (await database.superuserSql('SELECT FROM audit_consumer_parked')).length === 0);
    expect(projection.batches.slice(before)).toContainEqual([refused]);
    projection.events.length = 0;
    const { replay } = (await call('/replay', { from: 1, to: 3 })) as { readonly replay: string };
    const isDone = async () => database.sql(`SELECT FROM audit_consumer WHERE name = $1 AND state = 'done'`, [replay]);
    await eventually(async () => (await isDone()).length === 1);
    expect(handled(projection).filter((index) => index < 5)).toEqual([1, 2, 3]);

    await passed();
    const known = projection.batches.length;
    let isKilled = false;
    projection.answer = async () => {
      if (isKilled) return undefined;
      await addSealed(database, 3);
      isKilled = true;
      await loseSession();
      return undefined;
    };
    await addSealed(database, 1);
    await passed();
    const [killed, next] = projection.batches.slice(known);
    expect(next).toEqual(killed);
  });

  it('handles nothing while it is paused, and then every event', async () => {
    const projection = await start();
    await addSealed(database, 2);
    await passed();
    expect(await call('/pause', { reason: 'a migration' })).toMatchObject({
      state: 'paused',
      reason: 'paused by a request',
    });
    const size = await addSealed(database, 3);
    expect(await call('')).toMatchObject({ state: 'paused', lagEvents: expect.any(Number) });
    const before = projection.events.length;
    expect(await call('/resume', {})).toMatchObject({ state: 'active' });
    const later = await passed();
    expect(handled(projection)).toEqual(indexes(0, later));
    expect(before).toBeLessThan(size);
  });

  it('that hangs delays neither another consumer, nor that one’s new session, nor the shutdown', async () => {
    let hanging = 0;

    @Injectable()
    @LogConsumer({ name: 'hung' })
    class Hung implements LogConsumer {
      async handle(): Promise<void> {
        hanging++;
        await new Promise(() => undefined);
      }
    }

    const projection = await start(Projection, Hung);
    const size = await addSealed(database, 3);
    await eventually(() => hanging > 0 && handled(projection).length >= size);
    await loseSession();
    const later = await addSealed(database, 3);
    await eventually(() => handled(projection).includes(later - 1));
    await stop();
  });

  it('stops if the ledger is restored to a state in which its last event is another one', async () => {
    await start();
    await addSealed(database, 5);
    const size = await passed();
    await stop();
    await database.superuserSql(
      `SET session_replication_role = replica; UPDATE audit_leaf SET leaf_hash = sha256('another') WHERE index = ${size - 1}`,
    );
    await start();
    expect(await problem()).toContain(`the event before its position ${size} is missing, or is another one`);
  });

  it.each([
    ['a name with capitals', { name: 'Billing' }, 'is not a name'],
    ['no method handle()', { name: 'billing' }, 'has no method handle()'],
  ])('with %s stops the boot', async (_, options, seen) => {
    @LogConsumer(options)
    class Faulty {
      handle = options.name === 'billing' ? undefined : () => undefined;
    }
    await expect(start(Faulty)).rejects.toThrow(seen);
  });
});
